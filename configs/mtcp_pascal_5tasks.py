"""MT-CP on PASCAL-Context with the literature's five tasks: surface normals and edges besides."""

_base_ = './mtcp_pascal.py'
tasks = [*_base_.tasks, _base_.normals, _base_.edge]
