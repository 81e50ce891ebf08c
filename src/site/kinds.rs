//! The allowed values of each scalar type of a site, for the schema. A test makes sure that the expressions match what the
//! types accept.

use super::array::{Endpoint, SanType};
use super::bonding::{BondMode, Mtu};
use super::cidr::{Address, AddressRange, Cidr};
use super::cpus::CpuSet;
use super::machines::MacAddress;
use super::names::{
    ImageReference, InterfaceName, Label, PackVersion, ProfileName, ProfileVersion, Subdomain,
};
use super::node_network::{Gateway, VlanTag};
use super::quantity::Quantity;
use super::reader::Flag;
use super::setting::{Kind, Scalar};
use super::storage::{StateClass, StorageNodes};
use super::vlan::{VlanId, VlanSelection, VlanSet};
use super::vmo::{ImageSource, NetworkName};

const LABEL: &str = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const ADDRESS: &str = "((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const PREFIX: &str = "/0*([0-9]|[12][0-9]|3[0-2])";
/// 1 to 4094.
const VLAN: &str = "0*([1-9][0-9]{0,2}|[1-3][0-9]{3}|40[0-8][0-9]|409[0-4])";
/// 0 to 8191.
const CPU: &str = "0*([0-9]{1,3}|[1-7][0-9]{3}|80[0-9]{2}|81[0-8][0-9]|819[01])";
const NUMBER: &str = "(0|[1-9][0-9]*)";

fn subdomain() -> String {
    format!("{LABEL}([.]{LABEL})*")
}

/// Single ones and ranges, separated by commas, with blanks around each.
fn set_of(one: &str) -> String {
    let range = format!(" *{one} *(- *{one} *)?");
    format!("{range}(,{range})*")
}

/// Says what types may be.
macro_rules! kinds {
    ($($name:ty => $kind:expr;)+) => {
        $(impl Scalar for $name {
            fn kind() -> Kind {
                $kind
            }
        })+
    };
}

kinds! {
    String => Kind::any();
    Address => Kind::text("an IPv4 address", ADDRESS, "10.20.30.1");
    AddressRange => Kind::text(
        "a range of addresses",
        format!(" *{ADDRESS} *(- *{ADDRESS} *)?|{ADDRESS}{PREFIX}"),
        "10.20.30.100-10.20.30.199",
    );
    BondMode => Kind {
        types: &["integer"],
        ..Kind::words(
            "a bonding mode",
            &[
                ("802.3ad", "LACP on the switch."),
                ("active-backup", "No switch configuration; one card at a time."),
                ("balance-xor", "A static link aggregation on the switch."),
            ],
            &["lacp", "LACP", "1", "2", "4", "mode1", "mode2", "mode4"],
        )
    };
    Cidr => Kind::text("an IPv4 network", format!("{ADDRESS}{PREFIX}"), "172.16.0.0/22");
    CpuSet => Kind::text("a set of CPUs", set_of(CPU), "0-7").within(0..=8191).joined();
    Endpoint => Kind::text(
        "an IP address or a host name",
        format!("{ADDRESS}|\\[[0-9A-Fa-f:.]+\\]|(?=.*[a-z-]){}", subdomain()),
        "172.16.200.50",
    );
    Flag => Kind::text("`true` or `false`", "true|false", "true").or(&["boolean"]);
    Gateway => Kind {
        words: vec![("none", "It has none.")],
        ..Kind::text("an IPv4 address", ADDRESS, "none")
    };
    ImageReference => Kind::text(
        "a container image",
        "(?!.*://)[A-Za-z0-9][A-Za-z0-9._/:@-]*",
        "registry.k8s.io/pause:3.10",
    ).or(&["number"]);
    ImageSource => Kind::text(
        "the source of an image",
        "(docker|oci-archive|https?)://[^\\s]+",
        "https://images.example.com/rocky-9.qcow2",
    );
    InterfaceName => Kind::text(
        "a network interface",
        "[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}",
        "enp1s0",
    ).or(&["number"]);
    Label => Kind::text("a DNS-1123 label", LABEL, "worker-01").or(&["number"]);
    MacAddress => Kind::text(
        "a MAC address",
        "(?!00([:-]00){5}$)[0-9A-Fa-f][02468ACEace]([:-][0-9A-Fa-f]{2}){5}",
        "52:54:00:12:34:56",
    );
    Mtu => Kind { example: "9000", ..Kind::whole(1280..=9216) };
    NetworkName => Kind::text(
        "namespace and name of a network",
        format!("{LABEL}/{}", subdomain()),
        "default/vlan-30",
    );
    PackVersion => Kind::text(
        "the version of a pack",
        "(?=.{1,64}$)([A-Za-z0-9][A-Za-z0-9._+-]*__)?v?[0-9]([A-Za-z0-9.+-]|_(?!_))*",
        "4.9.46",
    ).or(&["number"]);
    ProfileName => Kind::text(
        "the name of a profile",
        "(?=.{1,100}$)[A-Za-z0-9_-]([A-Za-z0-9_. -]*[A-Za-z0-9_.-])?",
        "VMO-Berlin",
    ).or(&["number"]);
    ProfileVersion => {
        let word = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][A-Za-z0-9-]*)";
        Kind::text(
            "a version that Palette takes",
            format!("{NUMBER}[.]{NUMBER}[.]{NUMBER}(-{word}([.]{word})*)?"),
            "1.9.0-site.1",
        )
    };
    Quantity => Kind {
        range: Some(1 << 20..=u32::MAX),
        ..Kind::text("an amount of bytes", "0*[1-9][0-9]*([KMGTP]i|[kMGTP])?", "8Gi")
    }.or(&["integer"]);
    SanType => Kind {
        pattern: Some("^([Ff][Cc]|[Ii][Ss][Cc][Ss][Ii]|[Nn][Vv][Mm][Ee][Oo][Ff]-([Rr][Dd][Mm][Aa]|[Tt][Cc][Pp]))$".to_owned()),
        ..Kind::words(
            "a SAN type",
            &[
                ("FC", "Fibre Channel."),
                ("ISCSI", "iSCSI."),
                ("NVMEOF-RDMA", "NVMe over RDMA (RoCE)."),
                ("NVMEOF-TCP", "NVMe over TCP."),
            ],
            &[],
        )
    };
    StorageNodes => Kind {
        words: vec![("variable", "A Palette variable asks for it at deployment.")],
        ..Kind::whole(1..=1000)
    };
    StateClass => Kind {
        what: "the name of a class, or `none`",
        ..Subdomain::kind()
    };
    Subdomain => Kind::text("a DNS-1123 name", format!("(?=.{{1,253}}$){}", subdomain()), "vmo.example.internal").or(&["number"]);
    VlanId => Kind::text("a VLAN id", VLAN, "20").within(1..=4094);
    VlanSelection => {
        let some = format!("( *untagged *|{})", set_of(VLAN));
        Kind::text("VLANs, or `untagged`", format!("{some}(,{some})*"), "21-24,30")
            .within(1..=4094)
            .joined()
    };
    VlanSet => Kind::text("a set of VLANs", set_of(VLAN), "21-100,200").within(1..=4094).joined();
    VlanTag => Kind {
        words: vec![("native", "Untagged on the switch port.")],
        aliases: &["untagged", "0"],
        ..Kind::text("a VLAN id", VLAN, "20").within(1..=4094)
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::provider::{CloneStrategy, StorageProvider};
    use super::*;
    use crate::site::format::schema_of;

    /// Whether a schema takes a text for this type, and whether the type does.
    fn verdicts<T: Scalar>(text: &str) -> (bool, bool) {
        let schema = jsonschema::draft7::new(&schema_of(&T::kind())).expect("it is a schema");
        (schema.is_valid(&text.into()), text.parse::<T>().is_ok())
    }

    /// Texts that have much in common with good ones.
    fn near(example: &'static str) -> impl Strategy<Value = String> {
        let sign = prop_oneof![
            prop::char::range('0', '9'),
            prop::sample::select("azAZ.-_/:,@+[] ~".chars().collect::<Vec<_>>()),
        ];
        let change = (0..=example.len(), 0..3_usize, prop::option::of(sign));
        prop::collection::vec(change, 0..4).prop_map(move |changes| {
            let mut text = example.to_owned();
            for (at, cut, sign) in changes {
                let at = at.min(text.len());
                let end = (at + cut).min(text.len());
                text.replace_range(at..end, &sign.map(String::from).unwrap_or_default());
            }
            text
        })
    }

    /// Puts texts near each type's example, and near others, to its schema and to the type itself.
    macro_rules! hold {
        ($holds:expr; $($name:ident: $type:ty, $($example:literal),+;)+) => {
            proptest! {
                #![proptest_config(ProptestConfig::with_cases(200))]
                $(#[test]
                fn $name(text in prop_oneof![near(<$type>::kind().example), $(near($example)),+]) {
                    let (of_schema, of_type) = verdicts::<$type>(&text);
                    prop_assert!($holds(of_schema, of_type), "{:?}", text);
                })+
            }
        };
    }

    hold! {
        |of_schema, of_type| of_schema == of_type;
        address: Address, "0.0.0.0", "255.255.255.255";
        bond_mode: BondMode, "802.3ad", "4";
        cidr: Cidr, "10.0.0.0/08", "255.0.0.0/32";
        clone_strategy: CloneStrategy, "copy";
        endpoint: Endpoint, "array.example.com", "10.0.0.0";
        flag: Flag, "false";
        gateway: Gateway, "10.20.30.1";
        image: ImageReference, "a:b/c@sha256:0";
        source: ImageSource, "http://a", "docker://a";
        interface: InterfaceName, "bond_mgmt.1000";
        label: Label, "a-b";
        mac: MacAddress, "00-00-00-00-00-00", "01:00:5e:00:00:01";
        network: NetworkName, "a/b.c";
        pack_version: PackVersion, "1.2.3+4", "LTS__22.04", "v1__x";
        profile_name: ProfileName, "a b.c";
        profile_version: ProfileVersion, "0.0.0-0.a", "1.2.3-01";
        provider: StorageProvider, "longhorn";
        san_type: SanType, "iSCSI", "nvmeof-tcp";
        subdomain: Subdomain, "a.b-c.1";
        vlan_tag: VlanTag, "native", "4094";
    }

    // What an expression cannot count or compare is left to the reader; what the reader takes is never refused.
    hold! {
        |of_schema, of_type: bool| of_schema || !of_type;
        addresses: AddressRange, "10.0.0.0/24", " 10.0.0.1 - 10.0.0.2 ";
        cpus: CpuSet, "8191", "0-7, 64-71";
        mtu: Mtu, "9216", "01500";
        quantity: Quantity, "1024Pi", "80G";
        state_class: StateClass, "none", "a.b";
        storage_nodes: StorageNodes, "variable", "1000";
        vlan_selection: VlanSelection, "untagged, 30", " untagged ,30", "1-4094";
        vlans: VlanSet, "1 - 4094 , 7";
    }
}
