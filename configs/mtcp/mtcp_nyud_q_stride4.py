"""MT-CP on NYUD-v2 with queries of CFM averaged over 4x4 positions. Weights of mtcp_nyud fit.

SRM resizes the result to this size anyway.
"""

_base_ = '../mtcp_nyud.py'
coherence_fusion = dict(_base_.coherence_fusion, q_stride=4)
model = dict(neck=[_base_.task_decoders, coherence_fusion, _base_.spatial_refinement])
