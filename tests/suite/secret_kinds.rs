//! Every kind of secret is planted in every place a text can stand, and looked for in every byte that comes out.

use std::collections::HashMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::secrets::{forms, talkative};
use crate::common::harness::{Scratch, read, write};
use crate::common::nothing_wrong;

/// One kind of secret: what it is, and a text with `@` where the secret stands and `%` for its base64.
type KindOf = (&'static str, &'static str);

/// YAML with secrets, as it stands in values and below the keys of manifests.
const VALUES: &[KindOf] = &[
    ("api key", "a: [{endpoint: a.b, apiKey: @}]\n"),
    ("passphrase", "passphrase: @\n"),
    ("misspelt", "x:\n  apiTokn: @\n"),
    ("block", "privateKey: |\n  @\n  more\n"),
    ("double quotes", "password: \"@\\nb\"\n"),
    ("json in a text", "config: '{\"password\":\"@\\nb\"}'\n"),
    (
        "json in double quotes",
        "config: \"{\\\"password\\\": \\\"@\\\"}\"\n",
    ),
    (
        "pem",
        "x:\n  cert: |\n    -----BEGIN RSA PRIVATE KEY-----\n    @\n    -----END RSA PRIVATE KEY-----\n",
    ),
    (
        "gcp",
        "account: |\n  {\"type\": \"service_account\", \"private_key\": \"-----BEGIN PRIVATE KEY-----\\n@\\n-----END PRIVATE KEY-----\\n\"}\n",
    ),
    ("cookie", "cookie_secret: @\n"),
    ("pager", "receivers: [{routing_key: @}]\n"),
    ("keystore", "keyStore: {storepass: @}\n"),
    ("ceph admin", "adminKey: @\n"),
    ("other languages", "mot_de_passe: @\n"),
    (
        "encryption",
        "resources:\n- providers:\n  - aescbc: {keys: [{name: key1, secret: @}]}\n",
    ),
    ("kubeconfig", "users:\n- user:\n    client-key-data: @\n"),
    ("access key", "accessKey: @\nAWS_SECRET_ACCESS_KEY: @\n"),
    (
        "short names",
        "pwd: @\npsk: @\nauth: @\njwt: @\nsshKey: @\napikey: @\n",
    ),
    ("list", "passwords: [@]\n"),
    ("list below", "tokens:\n- @\n- @\n"),
    ("map", "password: {value: @}\n"),
    ("credentials", "credentials: {user: a, word: @}\n"),
    ("next line", "token:\n  @\n"),
    ("env", "env:\n- {name: DB_PASSWORD, value: @}\n"),
    ("arguments", "args: [--password, @, --more]\n"),
    ("arguments below", "command:\n- sshpass\n- -p\n- @\n"),
    ("number", "pin: 1\npassword: 4@7\n"),
    ("user data", "userDataBase64: %\n"),
    ("partly a macro", "password: '{{ .spectro.var.x }}@'\n"),
    ("no macro", "password: '{{@}}'\n"),
    ("brace", "adminPassword: '{@'\n"),
    ("bracket", "adminPassword: '[@'\n"),
    ("bar", "adminPassword: '|@'\n"),
    ("hash", "adminPassword: '#@'\n"),
    ("comment", "a: 1 # password: @\n# token=@\n"),
    ("alias", "aliased: &x @1@\npassword: *x\n"),
    (
        "extra objects",
        "extraObjects:\n- kind: Secret\n  stringData: {plain: @}\n",
    ),
    (
        "extra objects as text",
        "extraObjects:\n- |\n  kind: Secret\n  stringData:\n    plain: @\n",
    ),
    ("address", "url: https://admin:@§registry.internal/x\n"),
    (
        "webhook",
        "hook: https://hooks.slack.com/services/T0/B0/@\n",
    ),
    (
        "anchors in names",
        "kubeadm:\n  certificateKey: x\n  bootstrapToken: @\n",
    ),
    (
        "unattend",
        "xml: |\n  <Password>\n    <Value>{@</Value>\n  </Password>\n",
    ),
    (
        "cloud-init",
        "chpasswd:\n  expire: false\n  list: |\n    root:@\n",
    ),
    (
        "cloud-init users",
        "users:\n- {name: a, plain_text_passwd: @, hashed_passwd: @}\n",
    ),
    ("folded", "password: >-\n  @\n  b\n"),
    ("flow of two lines", "password: [\n  @,\n  b]\n"),
    (
        "secret key ref beside",
        "password: {literal: @, secretKeyRef: {name: a, key: b}}\n",
    ),
    ("tagged", "password: !!str @\n"),
    ("quoted key", "\"admin-password\": '@'\n"),
    ("escaped key", "\"admin\\x50assword\": '@'\n"),
    (
        "grafana source",
        "datasources: [{secureJsonData: {foo: @}}]\n",
    ),
    (
        "secrets by name",
        "secrets:\n  foo:\n    bar: @\n  baz: @\n",
    ),
    (
        "generator",
        "secretGenerator:\n- name: a\n  literals: [foo=@]\n",
    ),
    (
        "pager service",
        "receivers:\n- pagerduty_configs: [{service_key: @}]\n",
    ),
    (
        "alert webhook",
        "receivers:\n- webhook_configs:\n  - send_resolved: true\n    url: http://a.b/@\n- webhook_configs: [{url: 'http://a.b/@'}]\n",
    ),
    (
        "alert slack",
        "global: {slack_api_url: 'https://a.b/@'}\nreceivers:\n- slack_configs:\n  - api_url: https://a.b/@\n",
    ),
    (
        "alert others",
        "opsgenie_configs: [{api_key: @}]\npushover_configs:\n- user_key: @\n  token: @\ntelegram_configs: [{bot_token: @}]\nwechat_configs: [{api_secret: @}]\nmsteams_configs:\n- webhook_url: http://a.b/@\n",
    ),
    (
        "alert client",
        "http_config: {authorization: {credentials: @}, basic_auth: {username: a, password: @}}\nsmtp_auth_password: @\nsmtp_auth_secret: @\n",
    ),
    (
        "options",
        "variables:\n- {name: a, isSensitive: true, options: [{label: a, value: @}], regex: ^@$}\n- {name: dbPassword, options: [{label: a, value: @}]}\n",
    ),
    (
        "terraform",
        "profile_variables:\n- {name: a, is_sensitive: true, default_value: @, regex: ^@$}\n",
    ),
    ("bgp", "bgp: {md5: @}\npeers: [{peerPassword: @, md5: @}]\n"),
    ("key of a secret", "password: {@: x}\ntoken:\n  @: x\n"),
    ("options of no command", "args: [\"-p\", @]\n"),
    ("keytab", "file: %\n"),
    ("key in der", "file: %\n"),
];

/// Texts of files and commands on nodes.
const TEXTS: &[KindOf] = &[
    ("docker", "{\"auths\": {\"r.io\": {\"auth\": \"@\"}}}"),
    ("docker in base64", "%"),
    (
        "containerd",
        "[plugins.\"io.containerd\".registry.configs.\"r.io\".auth]\n  auth = \"@\"\n  password = \"@\"\n",
    ),
    (
        "hosts.toml",
        "[host.\"https://r.io\".header]\n  Authorization = \"Basic @\"\n",
    ),
    (
        "hosts.toml list",
        "[host.\"https://r.io\".header]\n  Authorization = [\"Bearer @\"]\n",
    ),
    ("netrc", "machine r.io login me password @\n"),
    ("netrc lines", "machine r.io\n  login me\n  password @\n"),
    (
        "join",
        "kubeadm join 10.0.0.1:6443 --token @ --discovery-token-unsafe-skip-ca-verification\n",
    ),
    ("option", "mytool --password @ --x\nmytool --password=@\n"),
    (
        "curl",
        "curl -u user:@ https://r.io\ncurl --user=user:@ https://r.io\n",
    ),
    ("chpasswd", "echo user:@ | chpasswd\n"),
    ("chpasswd quoted", "echo \"root:@\" | sudo chpasswd -e\n"),
    ("heredoc", "chpasswd <<EOF\nroot:@\nEOF\n"),
    ("here string", "chpasswd <<< 'root:@'\n"),
    (
        "bearer",
        "curl -H \"Authorization: Bearer @\" https://r.io\n",
    ),
    ("token header", "curl -H 'X-Auth-Token: @' https://r.io\n"),
    ("sshpass", "sshpass -p @ ssh host\nsshpass -p'@' ssh host\n"),
    ("ipmitool", "ipmitool -H 10.0.0.1 -U admin -P @ power on\n"),
    ("mysql", "mysql -u root -p@ db\n"),
    ("login", "docker login -u me -p @ r.io\n"),
    (
        "stdin",
        "echo @ | docker login -u me --password-stdin r.io\n",
    ),
    ("shadow", "root:$6$salt$@abcdefgh:19000:0:99999:7:::\n"),
    ("htpasswd", "htpasswd -bc /etc/x me @\n"),
    ("iscsi", "node.session.auth.password = @\n"),
    (
        "iscsiadm",
        "iscsiadm -m node -o update -n node.session.auth.password -v @\n",
    ),
    ("export", "export DB_PASSWORD=@\nPGPASSWORD=@ psql\n"),
    ("query", "curl 'https://r.io/x?api_key=@&b=1'\n"),
    ("default", "x=${PASSWORD:-@}\n"),
    ("npm", "//registry.npmjs.org/:_authToken=@\n"),
    ("ini", "[x]\npassword = @ with blanks @\n"),
    ("github", "x ghp_@0123456789abcdef0123\n"),
    ("aws", "aws configure set aws_secret_access_key @\n"),
    ("redis", "redis-cli -a @ ping\n"),
    (
        "literal",
        "kubectl create secret generic x --from-literal=a=@\n",
    ),
    ("smb", "mount -o username=me,password=@ //h/s /mnt\n"),
    (
        "openssh",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n@\n-----END OPENSSH PRIVATE KEY-----\n",
    ),
    ("wpa", "network={\n  ssid=\"x\"\n  psk=\"@\"\n}\n"),
    (
        "plist",
        "<Password>@</Password><ProductKey>@</ProductKey>\n",
    ),
    (
        "ceph keyring",
        "[client.admin]\n\tkey = @\n\tcaps mon = \"allow *\"\n[client.rgw]\nkey=@\n",
    ),
    (
        "haproxy",
        "listen stats\n  stats auth admin:@\nuserlist u\n  user me password @\n  user you insecure-password @\n",
    ),
    (
        "frr",
        "router bgp 65000\n neighbor 10.0.0.1 password @\ninterface eth0\n ip ospf authentication-key @\n ip ospf message-digest-key 1 md5 @\n isis password clear @\nkey chain x\n key 1\n  key-string @\narea-password md5 @\nenable password 8 @\nusername me secret 5 @\n",
    ),
    ("curl attached", "curl -uuser:@ https://r.io\n"),
    (
        "odd shadow",
        "root:@:19000::::::\nme:!@:19000:0:99999:7:::\nyou:@:0:0:root:/root:/bin/sh\n",
    ),
    ("pgpass", "db.host:5432:x:me:@\n*:*:*:me:@\n"),
    (
        "snmpd",
        "rocommunity @ 10.0.0.0/8\nrwcommunity @\ncom2sec x default @\ncreateUser me SHA \"@\" AES \"@\"\n",
    ),
    (
        "wireguard",
        "[Interface]\nPrivateKey = @\n[Peer]\nPresharedKey = @\n",
    ),
    (
        "ipsec",
        ": PSK \"@\"\n10.0.0.1 ‰any : PSK @\nme : XAUTH \"@\"\nyou : EAP @\n",
    ),
    (
        "openvpn",
        "<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n@\n-----END OpenVPN Static key V1-----\n</tls-auth>\n<auth-user-pass>\nme\n@\n</auth-user-pass>\n",
    ),
    (
        "directory",
        "bindpw @\nrootpw @\nldap_default_authtok = @\nldapsearch -x -w @ -b dc=a\n",
    ),
    (
        "mail",
        "[smtp.a.b]:587 me:@\nAuthPass=@\nsmtp_sasl_password_maps = static:me:@\n",
    ),
    (
        "rclone",
        "[x]\ntype = s3\nsecret_access_key = @\npass = @\ntoken = {\"access_token\":\"@\"}\n",
    ),
    ("s3fs", "AKIAIOSFODNN7EXAMPLE:@\n"),
    ("mc", "mc alias set x https://a.b me @\n"),
    (
        "vault",
        "vault kv put secret/x foo=@\nvault operator unseal @\nexport VAULT_TOKEN=@\nvault login @\n",
    ),
    (
        "consul",
        "encrypt = \"@\"\nacl {\n  tokens {\n    agent = \"@\"\n  }\n}\nconsul kv put a/b @\n",
    ),
    (
        "sensitive",
        "variable \"x\" {\n  sensitive = true\n  default   = \"@\"\n}\n",
    ),
    ("npmrc", "_auth=@\n//r.io/:_password=@\n"),
    (
        "addresses",
        "[global]\nindex-url = https://me:@§r.io/simple\nhttps://me:@§github.com\n",
    ),
    (
        "redis acl",
        "requirepass @\nmasterauth @\nuser me on >@ ~* +§all\n",
    ),
    ("mysql options", "[client]\nuser=me\npassword=\"@\"\n"),
    (
        "htpasswd lines",
        "me:$apr1$salt$@abcd\nyou:{SHA}@abcdefgh=\n",
    ),
    ("samba", "rpcclient -U me‰@ host\nsmbclient -Ume‰@ //h/s\n"),
    ("time", "1 SHA1 @\n2 M @\n"),
    ("radius", "me Cleartext-Password := \"@\"\nsecret = @\n"),
    (
        "databases",
        "sqlcmd -S db -U sa -P @ -Q x\nsqlcmd -P@\nbcp t in f -U sa -P '@'\nmosquitto_pub -u me -P @ -t a\nsqlplus me/@\ncqlsh -u me -p @ host\nrabbitmqctl add_user me @\n",
    ),
    (
        "ups",
        "MONITOR ups§localhost 1 upsmon @ primary\nCERTIDENT \"my name\" @\n",
    ),
    ("ppp", "me * @ *\n\"me\" * \"@\" 10.0.0.1\n"),
    (
        "expect",
        "expect \"*assword:*\"\nsend \"@\\r\"\nset password @\n",
    ),
    (
        "expect in blocks",
        "expect {\n  \"yes/no\" { send \"yes\\r\"; exp_continue }\n  -re \"(P|p)assphrase\" { send -- '@\\n' }\n}\n",
    ),
    (
        "pexpect",
        "child.expect('Password:')\nchild.sendline('@')\n",
    ),
    (
        "keepalived",
        "authentication {\n  auth_type PASS\n  auth_pass @\n}\n",
    ),
];

/// Manifests, whole ones and broken ones.
const MANIFESTS: &[KindOf] = &[
    (
        "secret",
        "kind: Secret\nstringData:\n  plain: @\ndata:\n  other: %\n",
    ),
    (
        "secret block",
        "kind: Secret\nstringData:\n  plain: |\n    @\n    more\n",
    ),
    (
        "list",
        "kind: List\nitems:\n- kind: Secret\n  data: {plain: %}\n- kind: Secret\n  stringData: {plain: @}\n",
    ),
    (
        "last applied",
        "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"kind\":\"Secret\",\"stringData\":{\"plain\":\"@\"}}\n",
    ),
    (
        "kyverno",
        "kind: ClusterPolicy\nspec:\n  rules:\n  - generate:\n      kind: Secret\n      data: {stringData: {plain: @}, data: {b: %}}\n",
    ),
    ("tab", "kind: Secret\nstringData:\n\tplain: @\n"),
    (
        "duplicate",
        "kind: Secret\nstringData:\n  plain: @\n  plain: @\n",
    ),
    ("colon", "kind: Secret\nstringData:\n  plain: a: @\n"),
    (
        "if",
        "kind: Secret\n{{- if .x }}\nstringData:\n  plain: @\n{{- end }}\n",
    ),
    (
        "macro in a name",
        "kind: Secret\nmetadata:\n  name: {{ .spectro.var.N }}-x\nstringData:\n  plain: @\n",
    ),
    (
        "open quote",
        "kind: \"Secret\"\nstringData:\n  plain: \"@\n  b: 1\n",
    ),
    (
        "json",
        "{\"kind\": \"Secret\", \"stringData\": {\"plain\": \"@\"}}",
    ),
    ("misplaced", "kind: Secret\nstringData:\nplain: @\n"),
    (
        "config map",
        "kind: ConfigMap\ndata:\n  a.json: '{\"APIToken\": \"@\"}'\n  b: |\n    password=@\n",
    ),
    (
        "virtual machine",
        "kind: VirtualMachine\nspec:\n  cloudInitNoCloud: {userDataBase64: %}\n",
    ),
    (
        "encoded file",
        "kind: X\nfiles:\n- encoding: b64\n  content: %\n",
    ),
    (
        "list of secrets",
        "kind: SecretList\nitems:\n- stringData: {plain: @}\n- data: {plain: %}\n- metadata: {name: a}\n  stringData:\n    plain: @\n",
    ),
    ("keys for values", "kind: Secret\nstringData: {@}\n"),
    ("keys for values below", "kind: Secret\nstringData:\n  @:\n"),
];

/// The planted secret of a kind, on the old and on the new side.
fn planted(place: &str, kind: usize, side: char) -> String {
    format!("Zq{side}{place}{kind}xHunter2")
}

fn text_of((name, text): &KindOf, secret: &str) -> String {
    let carried = match *name {
        "docker in base64" => format!("{{\"auths\":{{\"r.io\":{{\"auth\":\"{secret}\"}}}}}}"),
        "user data" | "virtual machine" => format!("#cloud-config\npassword: {secret}\n"),
        "encoded file" => format!("export TOKEN={secret}\n"),
        "keytab" => format!("\x05\x02\0\0\0\x41\0\x01{secret}"),
        "key in der" => format!("\x30\x77\x02\x01\x01\x04\x20{secret}"),
        _ => secret.to_owned(),
    };
    text.replace('@', secret)
        .replace('§', "@")
        .replace('%', &STANDARD.encode(carried))
        .replace('‰', "%")
}

/// A profile that has every kind of secret in every place, each with a value of its own, and those values.
fn full_profile(side: char) -> (Value, Vec<(String, String)>) {
    let mut known = Vec::new();
    let mut packs = Vec::new();
    let mut plant = |place: &str, kinds: &[KindOf], number: usize| {
        let secret = planted(place, number, side);
        known.push((secret.clone(), format!("{} in {place}", kinds[number].0)));
        text_of(&kinds[number], &secret)
    };
    let layer = |name: String, values: String, manifests: Vec<Value>| {
        json!({"name": name, "type": "manifest", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": values, "manifests": manifests,
            "registry": {"metadata": {"uid": "1", "name": "r", "kind": "pack", "isPrivate": false, "providerType": ""}}})
    };
    let indented = |text: &str| {
        text.lines()
            .map(|line| format!("      {line}\n"))
            .collect::<String>()
    };
    for number in 0..VALUES.len() {
        let whole = plant("v", VALUES, number);
        packs.push(layer(
            format!("v{number}"),
            format!("zz: {side}\n{whole}"),
            vec![],
        ));
        let broken = plant("b", VALUES, number);
        packs.push(layer(
            format!("b{number}"),
            format!("zz: {side}\n{broken}x: [\n"),
            vec![],
        ));
    }
    let mut manifests = Vec::new();
    for number in 0..MANIFESTS.len() {
        manifests
            .push(json!({"name": format!("m{number}"), "content": plant("m", MANIFESTS, number)}));
        let broken = plant("n", MANIFESTS, number);
        manifests.push(
            json!({"name": format!("n{number}"), "content": format!("{broken}\nx: [{side}\n")}),
        );
    }
    for number in 0..VALUES.len() {
        let values = plant("c", VALUES, number);
        let content = format!(
            "kind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  a.yaml: |\n{}",
            indented(&values)
        );
        manifests.push(json!({"name": format!("c{number}"), "content": content}));
    }
    packs.push(layer("manifests".to_owned(), String::new(), manifests));
    for number in 0..TEXTS.len() {
        let content = plant("f", TEXTS, number);
        let command = plant("d", TEXTS, number);
        let values = format!(
            "kubeadmconfig:\n  files:\n  - targetPath: /etc/x{number}\n    content: |\n{}  preKubeadmCommands:\n  - |\n{}  - echo {side}\n",
            indented(&content),
            indented(&command),
        );
        packs.push(layer(format!("f{number}"), values, vec![]));
        let broken = plant("g", TEXTS, number);
        packs.push(layer(
            format!("g{number}"),
            format!("{broken}\n: [ {side}\n"),
            vec![],
        ));
    }
    let mut variable = |name: &str, sensitive: bool, number: usize| {
        let secret = planted("w", number, side);
        known.push((secret.clone(), format!("variable {name}")));
        json!({"name": name, "defaultValue": secret, "isSensitive": sensitive, "required": false, "displayName": name})
    };
    let variables = json!([
        variable("dbPassword", false, 0),
        variable("plain", true, 1),
        variable("api_key", false, 2)
    ]);
    let profile = json!({
        "metadata": {"name": "full", "description": "", "labels": {}},
        "spec": {"version": "1.0.0", "template": {"type": "add-on", "cloudType": "all", "packs": packs}, "variables": variables}
    });
    (profile, known)
}

/// What secrets look like where they can be read, by the first eight bytes of each form.
struct Search {
    forms: HashMap<[u8; 8], Vec<(Vec<u8>, String)>>,
}

impl Search {
    fn of(known: &[(String, String)]) -> Self {
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        for (secret, what) in known {
            // As it is, and in base64 at each of the three places.
            for form in forms(secret).into_iter().take(4) {
                let first = form[..8].try_into().expect("forms are longer");
                found.entry(first).or_default().push((form, what.clone()));
            }
        }
        Search { forms: found }
    }

    /// The secrets that can be read in some bytes.
    fn leaks(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found: Vec<&str> = bytes
            .windows(8)
            .enumerate()
            .filter_map(|(at, first)| Some((at, self.forms.get(first)?)))
            .flat_map(|(at, forms)| {
                forms
                    .iter()
                    .filter(move |(form, _)| bytes[at..].starts_with(form))
            })
            .map(|(_, what)| what.as_str())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Runs the program, and notes the secrets that it shows.
    fn watch(&self, folder: &Path, arguments: &str, wrong: &mut Vec<String>) {
        let run = talkative(folder, arguments).run();
        for bytes in [&run.stdout, &run.stderr] {
            let leaks = self.leaks(bytes);
            if !leaks.is_empty() {
                wrong.push(format!("{arguments}: {leaks:?}"));
            }
        }
        let code = run.code;
        assert!(matches!(code, Some(0..=3)), "{arguments}: {code:?}");
    }
}

#[test]
fn no_kind_of_secret_is_shown_from_any_place() {
    let folder = Scratch::new();
    let mut wrong = Vec::new();
    let (old, mut known) = full_profile('A');
    let (new, others) = full_profile('B');
    known.extend(others);
    let search = Search::of(&known);
    let sample = format!("x {}", known[3].0);
    assert_eq!(search.leaks(sample.as_bytes()), [known[3].1.as_str()]);
    let mut empty = old.clone();
    empty["spec"]["template"]["packs"] = json!([]);
    empty["spec"]["variables"] = json!([]);
    let whole = old.to_string();
    write(&folder, "old.json", &whole);
    write(&folder, "new.json", new.to_string());
    write(&folder, "empty.json", empty.to_string());
    // A wrong type far inside, so that its line is shown; and JSON that ends early.
    let mut misfit = old.clone();
    misfit["spec"]["variables"][0]["required"] = json!("maybe");
    write(&folder, "misfit.json", format!("{misfit:#}"));
    write(&folder, "misfit.yaml", vmo_ra::yaml::from_json(&misfit));
    write(&folder, "cut.json", &whole[..whole.len() - 40]);
    let mut commands = vec![
        "split old.json --out split".to_owned(),
        "join split --out joined.json".to_owned(),
        "fmt --check old.json".to_owned(),
        "fmt misfit.json".to_owned(),
        "fmt cut.json".to_owned(),
        "split misfit.yaml --out s2".to_owned(),
        "check split".to_owned(),
        "diff split new.json".to_owned(),
    ];
    for file in ["old.json", "misfit.json", "misfit.yaml", "cut.json"] {
        for format in ["text", "json", "sarif"] {
            commands.push(format!("check {file} --format {format}"));
        }
        commands.push(format!("check {file} --against 1.9.0"));
    }
    for (old, new) in [
        ("old.json", "new.json"),
        ("old.json", "empty.json"),
        ("empty.json", "new.json"),
    ] {
        for format in ["text", "json", "markdown", "html"] {
            commands.push(format!("diff {old} {new} --format {format}"));
            commands.push(format!("diff {old} {new} --format {format} --text"));
        }
    }
    for arguments in &commands {
        search.watch(&folder, arguments, &mut wrong);
    }
    nothing_wrong(&wrong);
}

/// An edited core profile of RA 1.7.0 with every kind of secret where its edits are kept and where they conflict, and those
/// secrets.
fn edited_core() -> (Value, Vec<(String, String)>) {
    let mut known = Vec::new();
    let mut plant = |place: &str, kinds: &[KindOf], number: usize| {
        let secret = planted(place, number, 'U');
        known.push((secret.clone(), format!("{} in {place}", kinds[number].0)));
        text_of(&kinds[number], &secret)
    };
    let mut below = |place: &str, indent: &str| -> String {
        let values = (0..VALUES.len()).map(|at| (format!("k{at}:"), plant(place, VALUES, at)));
        let mut entries: Vec<(String, String)> = values.collect();
        let place = place.to_uppercase();
        let texts = (0..TEXTS.len()).map(|at| (format!("t{at}: |"), plant(&place, TEXTS, at)));
        entries.extend(texts);
        let mut text = String::new();
        for (head, content) in entries {
            text.push_str(&format!("{indent}{head}\n"));
            for line in content.lines() {
                text.push_str(&format!("{indent}  {line}\n"));
            }
        }
        text
    };
    // The RA changes the images, so that this is a conflict.
    let conflicts = format!("pack:\n  content:\n    images:\n{}", below("x", "      "));
    let kept = below("y", "");
    let manifests = (0..MANIFESTS.len()).map(|at| {
        let content = plant("z", MANIFESTS, at);
        json!({"name": format!("m{at}"), "content": content})
    });
    let manifests: Vec<Value> = manifests.collect();
    let layer = |name: &str, version: &str, values: String, manifests: Vec<Value>| {
        json!({"name": name, "type": "spectro", "layer": "addon", "version": version, "tag": version, "values": values,
            "manifests": manifests})
    };
    let packs = json!([
        layer(
            "lb-metallb-helm",
            "0.15.2",
            format!("{kept}x: [\n"),
            Vec::new()
        ),
        layer("nginx", "1.12.2", conflicts, Vec::new()),
        layer("prometheus-operator", "70.2.1", kept, manifests),
    ]);
    let mut variable = |name: &str, is_sensitive: bool, number: usize| {
        let secret = planted("q", number, 'U');
        known.push((secret.clone(), format!("variable {name}")));
        json!({"name": name, "displayName": name, "format": "string", "defaultValue": secret, "isSensitive": is_sensitive,
            "required": false})
    };
    let variables = json!([
        variable("dbPassword", false, 0),
        variable("plain", true, 1),
        // The RA has it too.
        variable("grafanaAdminPassword", true, 2),
    ]);
    let description = "Built-in values of vmo-ra in place of the packs' own: lb-metallb-helm, nginx, prometheus-operator";
    let profile = json!({
        "metadata": {"name": "VMO-RA-Core-PXKE", "description": description, "labels": {}},
        "spec": {"version": "1.7.0", "template": {"type": "add-on", "cloudType": "all", "packs": packs}, "variables": variables}
    });
    (profile, known)
}

#[test]
fn no_kind_of_secret_is_shown_by_an_upgrade() {
    let folder = Scratch::new();
    let (profile, known) = edited_core();
    let search = Search::of(&known);
    let mut wrong = Vec::new();
    write(&folder, "core.json", profile.to_string());
    write(&folder, "site.yaml", "{}\n");
    for format in ["text", "json", "markdown", "html"] {
        let arguments = format!(
            "upgrade core.json --from 1.7.0 --to 1.9.0 --site site.yaml --resolve {format}.yaml --full --format {format}"
        );
        search.watch(&folder, &arguments, &mut wrong);
        let asked = read(&folder, &format!("{format}.yaml"));
        assert!(asked.contains("path: pack.content.images"), "{asked}");
        let leaks = search.leaks(asked.as_bytes());
        if !leaks.is_empty() {
            wrong.push(format!("{format}.yaml: {leaks:?}"));
        }
    }
    nothing_wrong(&wrong);
}

/// Sites by their files' names, with every kind of secret below unknown keys, misspelt ones and known ones; and those secrets.
fn full_sites() -> [Vec<(String, String)>; 2] {
    let mut known = Vec::new();
    let mut plant = |place: &str, number: usize, kind: &str| {
        let secret = planted(place, number, 'S');
        known.push((secret.clone(), format!("{kind} in {place}")));
        secret
    };
    let mut sites = Vec::new();
    for (place, above) in [
        ("t", ""),
        ("i", "vmo:\n  windows:\n"),
        ("l", "storag:\n  licence:\n"),
    ] {
        let indent = "  ".repeat(above.lines().count());
        let mut site = above.to_owned();
        for (number, kind) in VALUES.iter().enumerate() {
            let text = text_of(kind, &plant(place, number, kind.0));
            site.push_str(&format!("{indent}k{number}:\n"));
            for line in text.lines() {
                site.push_str(&format!("{indent}  {line}\n"));
            }
        }
        sites.push((format!("{place}-cut.yaml"), format!("{site}x: [\n")));
        sites.push((format!("{place}.yaml"), site));
    }
    for (number, way) in [
        "vmo: {windows: {adminPassword: @}}",
        "vmo: {windows: {adminPassword: #@",
        "vmo: {windows: {adminPassword: #@\n  }}",
        "vmo: {windows: {adminPassword: {@}}}",
        "vmo: {windows: {adminPassword: {env: @}}}",
        "vmo: {windows: {adminPassword: {file: @}}}",
        "vmo: {windows: {adminPassword: [@]}}",
        "vmo: {windows: {adminPasswort: @}}",
        "vmo: {linux: {password: {value: @}}}",
        "vmo:\n  linux:\n    password:\n      @\n",
        "storage: {flashArrays: [{endpoint: a.b, apiToken: @}]}",
        "storage: {flashArrays: [{endpoint: a.b, apiTokn: @}]}",
        "storage: {licence: {type: saas, saasKey: @}}",
        "storage: {licence: {type: saas, saasKy: @}}",
        "monitoring: {grafanaAdminPassword: @",
        "monitoring: {grafanaPassword: |\n  @\n}",
        "monitoring: {grafanaAdminPassword: {@: x}}",
        "monitoring: {grafanaAdminPassword: {@: x, y: z}}",
        "storage: {licence: @}",
        "storage: {licence: @",
        "storage: {licence: {type: saas, key: @}}",
        "storage: {license: @}",
        "storage:\n  licence:\n    @\n",
        "storage: {licence: [@]}",
        "storage: {flashArrays: @}",
        "storage: {flashArrays: [@]}",
        "vmo: {linux: @}",
        "vmo: {linux: {@: x}}",
        "vmo: {windows: @, linux: {pasword: x}}",
        "vmo: {windows: {administrator: @}}",
        "network: {metallb: {mode: bgp, bgp: @}}",
        "network: {metallb: {mode: bgp, bgp: {md5: @}}}",
        "network: {metallb: {mode: bgp, bgp: {secrett: @}}}",
        "bgp: @",
        "bgp: {md5: @}",
        "grafanaAdminPassword: {@: x}",
    ]
    .into_iter()
    .enumerate()
    {
        let secret = plant("k", number, way);
        sites.push((format!("k{number}.yaml"), way.replace('@', &secret)));
    }
    [sites, known]
}

#[test]
fn no_kind_of_secret_is_shown_from_a_site() {
    let folder = Scratch::new();
    let [sites, known] = full_sites();
    let search = Search::of(&known);
    let mut wrong = Vec::new();
    for (name, site) in &sites {
        assert!(!search.leaks(site.as_bytes()).is_empty(), "{name}");
        write(&folder, name, site);
        for arguments in [
            format!("check {name}"),
            format!("check {name} --format sarif"),
            format!("render --site {name} --out out"),
            format!("diff {name} 1.9.0"),
            format!("diff 1.9.0 1.8.0 --site {name}"),
        ] {
            search.watch(&folder, &arguments, &mut wrong);
        }
    }
    nothing_wrong(&wrong);
}
