//! Inputs of any size, the same in each run.

use std::fs;
use std::path::Path;

/// Values of about so many bytes: maps, named lists and texts, every 97th of them another on the `changed` side.
pub fn values(layer: usize, bytes: usize, changed: bool) -> String {
    let mut text = format!("pack:\n  namespace: x\ncharts:\n  c{layer}:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        let value = if changed && number % 97 == 0 {
            number + 1
        } else {
            number
        };
        text.push_str(&format!(
            "    # option {number} is explained here\n    key{number}:\n      enabled: true\n      name: \"text {number}\"\n      \
             list:\n      - name: a{number}\n        value: {value}\n      - name: b\n        value: 2\n      text: |\n        \
             one\n        two {number}\n"
        ));
    }
    text
}

/// Values that are one list of about so many bytes; of the changed side's items some are others, and some are gone.
pub fn one_list(bytes: usize, changed: bool) -> String {
    let mut text = String::from("list:\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        if changed && number % 5000 == 9 {
            continue;
        }
        let value = if changed && number % 1000 == 7 {
            "new"
        } else {
            "old"
        };
        text.push_str(&format!("- name: item{number}\n  value: {value}\n"));
    }
    text
}

/// Values that are one text of about so many bytes; of the changed side's lines some are others, and some are gone.
pub fn one_text(bytes: usize, changed: bool) -> String {
    let mut text = String::from("text: |\n");
    for number in 0.. {
        if text.len() >= bytes {
            break;
        }
        if changed && number % 5000 == 9 {
            continue;
        }
        let word = if changed && number % 1000 == 7 {
            "new"
        } else {
            "old"
        };
        text.push_str(&format!("  line {number} {word}\n"));
    }
    text
}

/// A profile of one layer.
pub fn profile_of(values: &str) -> String {
    serde_json::json!({
        "metadata": {"name": "one"},
        "spec": {"template": {"type": "add-on", "packs": [{"name": "p", "type": "oci", "values": values}]}},
    })
    .to_string()
}

/// A profile of 40 layers and about so many bytes.
pub fn profile(bytes: usize, changed: bool) -> String {
    let packs: Vec<serde_json::Value> = (0..40)
        .map(|layer| {
            serde_json::json!({
                "name": format!("pack-{layer}"), "type": "oci", "layer": "addon", "version": "1.0.0", "tag": "1.0.0",
                "values": values(layer, bytes / 40, changed), "registry": {"metadata": {}},
            })
        })
        .collect();
    serde_json::json!({
        "metadata": {"name": "large", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": packs}, "variables": []},
    })
    .to_string()
}

/// A pack whose values have so many lines.
pub fn long_pack(folder: &Path, lines: usize) {
    let folder = folder.join("nginx-1.15.4");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let mut values =
        "charts:\n  ingress-nginx:\n    controller:\n      extraArgs: {}\n    tcp: {}\n".to_owned();
    for block in 0..lines / 5 {
        values.push_str(&format!(
            "    # What the part {block} is about.\n    part{block}:\n      enabled: true # or not\n      image: registry.example.com/part:{block}\n      list: [1, 2]\n"
        ));
    }
    let json = r#"{"name": "nginx", "version": "1.15.4", "layer": "addon"}"#;
    for (file, text) in [("pack.json", json), ("values.yaml", &values)] {
        fs::write(folder.join(file), text).expect("the file can be written");
    }
}

/// A folder of so many sites that differ in name, size and networks.
pub fn fleet(folder: &Path, sites: usize) {
    for number in 0..sites {
        let folder = folder.join(format!("site-{number:04}"));
        fs::create_dir_all(&folder).expect("the folder can be made");
        let workers = 3 + number % 20;
        let site = format!(
            "cluster: {{name: site-{number:04}, workers: {workers}}}\nnads: [{{vlan: {}}}, {{vlan: {}}}]\n",
            30 + number % 10,
            60 + number % 10
        );
        fs::write(folder.join("site.yaml"), site).expect("the file can be written");
    }
}

/// An export of about so many bytes: the layers of another, repeated under names of their own.
pub fn repeated(export: &serde_json::Value, bytes: usize) -> String {
    let mut export = export.clone();
    let once = export.to_string().len();
    let layers = export["spec"]["template"]["packs"]
        .as_array_mut()
        .expect("a profile has layers");
    let originals = layers.clone();
    for copy in 2..=bytes.div_ceil(once) {
        for layer in &originals {
            let mut layer = layer.clone();
            let name = layer["name"].as_str().expect("a layer has a name");
            layer["name"] = format!("{name}-{copy}").into();
            layers.push(layer);
        }
    }
    export.to_string()
}
