"""As mtcp_mit_b0_nyud.py, with classes and depth alone."""

_base_ = './mtcp_mit_b0_nyud.py'
tasks = _base_.tasks[:2]
