// The profiles of profiles.json: the values of each layer are its pack's with changes merged in. They are given as a tree,
// since std.parseYaml of jsonnet 0.18 stops at versions such as 1.19.2.
local data = import 'profiles.json';

local layer(given) = given.layer {
  // A block at the end of a text needs its line break.
  values: std.manifestYamlDoc(std.mergePatch(given.tree, given.changes)) + '\n',
};

[
  profile { spec+: { template+: { packs: [layer(given) for given in super.packs] } } }
  for profile in data.profiles
]
