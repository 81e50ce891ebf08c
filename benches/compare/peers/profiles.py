"""Renders the profiles of profiles.json: profiles.py TEMPLATE DATA.json

The values of each layer are its pack's text with changes merged in; the template makes the profile around them.
"""

import json
import sys

import jinja2
import yaml

# libyaml's, where PyYAML was built with it: many times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def merged(base, changes):
    """A JSON merge patch, RFC 7386."""
    if not isinstance(changes, dict):
        return changes
    result = dict(base) if isinstance(base, dict) else {}
    for key, change in changes.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), change)
    return result


def values(given):
    tree = merged(yaml.load(given["base"], LOADER), given["changes"])
    return yaml.dump(tree, Dumper=DUMPER, sort_keys=False)


template, data = sys.argv[1:]
with open(template, encoding="utf-8") as file:
    filled = jinja2.Template(file.read())
with open(data, encoding="utf-8") as file:
    sys.stdout.write(filled.render(json.load(file), values=values))
