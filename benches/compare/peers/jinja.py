"""Fills a Jinja2 template in: jinja.py TEMPLATE DATA.json"""

import json
import sys

import jinja2

template, data = sys.argv[1:]
with open(template, encoding="utf-8") as file:
    filled = jinja2.Template(file.read())
with open(data, encoding="utf-8") as file:
    sys.stdout.write(filled.render(json.load(file)))
