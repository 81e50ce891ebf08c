//! The combined effect of the sections of `multipath.conf` on a device.

use serde_json::{Map, Value};

use crate::expression::{Effort, Expression};

/// The settings of a section, without the sections in it.
fn settings(section: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let names = ["vendor", "product", "revision", "wwid", "type"];
    let all = section.iter();
    all.filter(move |(key, value)| !value.is_array() && !names.contains(&key.as_str()))
}

fn list<'v>(section: Option<&'v Value>, key: &str) -> &'v [Value] {
    let items = section.and_then(|section| section.get(key)?.as_array());
    items.map(Vec::as_slice).unwrap_or_default()
}

/// Replaces each device by what a volume that is reported under its names gets.
pub(super) fn apply(all: &mut Map<String, Value>) {
    let effort = Effort::new();
    let devices = list(all.get("devices"), "device");
    let mut made: Vec<Value> = Vec::new();
    for device in devices {
        let text = |key: &str| device.get(key).and_then(Value::as_str).unwrap_or_default();
        let names = [text("vendor"), text("product")];
        let is_known = |made: &&Value| {
            ["vendor", "product"].map(|key| made.get(key))
                == ["vendor", "product"].map(|key| device.get(key))
        };
        if made.iter().any(|made| is_known(&made)) {
            continue;
        }
        let mut whole = Map::new();
        for (key, value) in device.as_object().into_iter().flatten() {
            if matches!(key.as_str(), "vendor" | "product" | "revision") {
                whole.insert(key.clone(), value.clone());
            }
        }
        let volume = Volume {
            names,
            effort: &effort,
        };
        if let Some(pattern) = volume.blacklisted(all) {
            whole.remove("vendor");
            whole.insert("blacklisted".to_owned(), pattern.into());
            made.push(Value::Object(whole));
            continue;
        }
        let fitting = devices.iter().filter(|other| volume.is_device(other));
        let of_volume = list(all.get("multipaths"), "multipath").iter();
        let of_volume = of_volume.filter(|section| {
            let mut names = list(Some(section), "wwid").iter();
            names.any(|name| volume.is_listed(Some(name), WWID))
        });
        let overrides = all.get("overrides");
        let protocols = list(overrides, "protocol").iter();
        for section in fitting.chain(overrides).chain(protocols).chain(of_volume) {
            for (key, value) in section.as_object().into_iter().flat_map(settings) {
                let key = if key == "alias" {
                    "user_friendly_names"
                } else {
                    key
                };
                whole.insert(key.to_owned(), value.clone());
            }
        }
        made.push(Value::Object(whole));
    }
    let overrides = all.get("overrides").and_then(Value::as_object).cloned();
    if let Some(Value::Object(devices)) = all.get_mut("devices") {
        devices.insert("device".to_owned(), made.into());
    }
    if let Some(Value::Object(defaults)) = all.get_mut("defaults") {
        for (key, value) in overrides.iter().flat_map(settings) {
            defaults.insert(key.clone(), value.clone());
        }
    }
}

/// What the volumes of a FlashArray are called.
const WWID: &str = "3624a93700000000000000000";

/// A volume by the vendor and product that it reports.
struct Volume<'t> {
    names: [&'t str; 2],
    effort: &'t Effort,
}

impl Volume<'_> {
    /// Whether an expression fits; a `!` in front turns it round.
    fn fits(&self, pattern: &str, text: &str) -> bool {
        let (is_turned, pattern) = match pattern.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let pattern = if pattern == "*" { ".*" } else { pattern };
        let fits = Expression::compile(pattern, self.effort)
            .and_then(|pattern| pattern.is_match(text, self.effort));
        fits.unwrap_or(pattern == text) != is_turned
    }

    fn is_listed(&self, pattern: Option<&Value>, text: &str) -> bool {
        let pattern = pattern.and_then(Value::as_str);
        pattern.is_some_and(|pattern| self.fits(pattern, text))
    }

    fn is_device(&self, section: &Value) -> bool {
        let names = ["vendor", "product"].iter().zip(self.names);
        let mut given = names
            .filter(|(key, _)| section.get(key).is_some())
            .peekable();
        given.peek().is_some() && given.all(|(key, name)| self.is_listed(section.get(key), name))
    }

    /// The line that keeps multipath from it.
    fn blacklisted(&self, all: &Map<String, Value>) -> Option<String> {
        let (listed, except) = (all.get("blacklist"), all.get("blacklist_exceptions"));
        let [devnode, wwid, protocol] = match self.names[0] {
            "NVME" => ["nvme0n1", "eui.00000000000000000024a93700000000", "nvme:fc"],
            _ => ["sdb", WWID, "scsi:fcp"],
        };
        for (key, text) in [("devnode", devnode), ("wwid", wwid), ("protocol", protocol)] {
            let any = |section| {
                let mut items = list(section, key).iter().filter_map(Value::as_str);
                items.find(|pattern| self.fits(pattern, text))
            };
            if let (Some(pattern), None) = (any(listed), any(except)) {
                return Some(format!("{key} {pattern}"));
            }
        }
        let device = |section| list(section, "device").iter().any(|it| self.is_device(it));
        (device(listed) && !device(except)).then(|| "device".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree;

    #[test]
    fn a_device_has_what_all_sections_say_of_it() {
        let own = "devices {\n device {\n vendor PURE\n product FlashArray\n prio alua\n }\n}\nblacklist {\n devnode \"^pxd*\"\n}\n";
        let prio = |more: &str| {
            let tree = tree(&format!("{own}{more}"));
            tree["devices"]["device"][0]["prio"]
                .as_str()
                .map(str::to_owned)
        };
        for (more, found) in [
            ("", Some("alua")),
            (
                "devices {\n device {\n vendor PURE\n product FlashArray\n prio const\n }\n}\n",
                Some("const"),
            ),
            (
                "devices {\n device {\n vendor \".*\"\n product \".*\"\n prio const\n }\n}\n",
                Some("const"),
            ),
            (
                "devices {\n device {\n vendor IBM\n product \".*\"\n prio const\n }\n}\n",
                Some("alua"),
            ),
            ("overrides {\n prio const\n}\n", Some("const")),
            (
                "overrides {\n protocol {\n type \"scsi:fcp\"\n prio const\n }\n}\n",
                Some("const"),
            ),
            (
                "multipaths {\n multipath {\n wwid 3624a93700000000000000000\n prio const\n }\n}\n",
                Some("const"),
            ),
            (
                "multipaths {\n multipath {\n wwid 36000\n prio const\n }\n}\n",
                Some("alua"),
            ),
            ("blacklist {\n devnode \"^sd[a-z]\"\n}\n", None),
            ("blacklist {\n devnode \"^sda\"\n}\n", Some("alua")),
            ("blacklist {\n wwid \".*\"\n}\n", None),
            (
                "blacklist {\n wwid \".*\"\n}\nblacklist_exceptions {\n wwid \"^3624a937\"\n}\n",
                Some("alua"),
            ),
            ("blacklist {\n device {\n vendor PURE\n }\n}\n", None),
            (
                "blacklist {\n device {\n vendor VMware\n product \"Virtual disk\"\n }\n}\n",
                Some("alua"),
            ),
            ("blacklist {\n protocol \"scsi:fcp\"\n}\n", None),
            ("blacklist {\n devnode \"!^(sd|nvme)\"\n}\n", Some("alua")),
        ] {
            assert_eq!(prio(more).as_deref(), found, "{more}");
        }
    }
}
