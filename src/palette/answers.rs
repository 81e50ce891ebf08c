//! The answers of Palette's API, as far as they are used. Unknown keys are ignored, and missing keys are empty, since
//! Palette leaves out empty values.

use serde::Deserialize;

/// A page of a list (v1ListMetaData).
#[derive(Deserialize)]
pub(super) struct Page<T> {
    #[serde(default = "Vec::new")]
    pub items: Vec<T>,
    #[serde(default)]
    pub listmeta: ListMeta,
}

#[derive(Default, Deserialize)]
pub(super) struct ListMeta {
    #[serde(default, rename = "continue")]
    pub next: String,
}

/// Why something is refused (v1Error).
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    pub code: String,
    pub message: String,
    #[serde(rename = "ref")]
    pub reference: String,
}

/// Something with a name (v1ObjectEntity, v1ObjectMeta).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub name: String,
    pub uid: String,
}

/// A project (v1ProjectMetadata).
#[derive(Deserialize)]
pub(super) struct ProjectMetadata {
    #[serde(default)]
    pub metadata: Named,
}

/// A registry (v1RegistryMetadata).
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RegistryMetadata {
    pub uid: String,
    pub name: String,
    pub kind: String,
    pub is_private: bool,
}

/// A profile in a list (v1ClusterProfileSummary).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileSummary {
    #[serde(default)]
    pub metadata: Named,
    #[serde(default)]
    pub spec_summary: SpecSummary,
    #[serde(default)]
    pub status: StatusSummary,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SpecSummary {
    pub version: String,
    pub versions: Vec<ProfileVersion>,
    pub published: Option<TemplateSummary>,
    pub draft: Option<TemplateSummary>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TemplateSummary {
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ProfileVersion {
    pub uid: String,
    pub version: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct StatusSummary {
    pub in_use_clusters: Vec<Named>,
    pub is_published: bool,
}

/// What was made (v1Uid).
#[derive(Deserialize)]
pub(super) struct Made {
    pub uid: String,
}

/// A pack in the list of all (v1PackMetadata).
#[derive(Deserialize)]
pub(super) struct PackMetadata {
    #[serde(default)]
    pub spec: PackSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PackSpec {
    pub name: String,
    pub registries: Vec<RegistryOfPack>,
}

/// A registry that holds a pack (v1RegistryPackMetadata).
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RegistryOfPack {
    pub uid: String,
    pub name: String,
}

/// The versions of a pack in a registry (v1PackTagEntity, without its values).
#[derive(Deserialize)]
pub(super) struct PackVersions {
    #[serde(default)]
    pub tags: Vec<PackTag>,
}

/// A version of a pack (v1PackTags).
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PackTag {
    pub pack_uid: String,
    pub tag: String,
    pub version: String,
}
