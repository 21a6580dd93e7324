"""As mtcp_swin_t_nyud.py, with classes and depth alone."""

_base_ = './mtcp_swin_t_nyud.py'
tasks = _base_.tasks[:2]
