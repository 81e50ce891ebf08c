"""Evaluates a program with KCL: kcl.py PROGRAM.k DATA.json"""

import sys

import kcl_lib.api as kcl

program, data = sys.argv[1:]
with open(data, encoding="utf-8") as file:
    argument = kcl.Argument(name="data", value=file.read())
ran = kcl.API().exec_program(kcl.ExecProgramArgs(k_filename_list=[program], args=[argument]))
if ran.err_message:
    sys.exit(ran.err_message)
sys.stdout.write(ran.yaml_result)
