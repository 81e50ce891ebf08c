"""Evaluates a program with go-jsonnet: gojsonnet.py FOLDER PROGRAM.jsonnet, which imports its data from FOLDER."""

import sys

import _gojsonnet

folder, program = sys.argv[1:]
sys.stdout.write(_gojsonnet.evaluate_file(program, jpathdir=[folder]))
