"""Small modules that can be used on their own."""

from .affinity_attention import AffinityAttention, average_pool
from .cbam import CBAM
from .coherence_fusion_module import CoherenceFusionModule
from .convs import build_convs
from .dynamic_fpn_fusion import DynamicFPNFusion
from .fpn_pixel_decoder import FPNPixelDecoder
from .linear_affinity_attention import LinearAffinityAttention
from .merge import build_affinity_attention
from .pick_map import pick_map
from .predictor import build_predictor
from .resize import resize_and_apply, resize_by_products, resize_concat, resize_to
from .spatial_refinement_module import SpatialRefinementModule
from .traceable_pixel_decoder import TraceablePixelDecoder
from .traceable_swin import SwinPyramid
from .window_affinity_attention import WindowAffinityAttention

__all__ = [
    'CBAM', 'AffinityAttention', 'CoherenceFusionModule', 'DynamicFPNFusion', 'FPNPixelDecoder',
    'LinearAffinityAttention', 'SpatialRefinementModule', 'SwinPyramid', 'TraceablePixelDecoder',
    'WindowAffinityAttention', 'average_pool', 'build_affinity_attention', 'build_convs', 'build_predictor', 'pick_map',
    'resize_and_apply', 'resize_by_products', 'resize_concat', 'resize_to',
]  # fmt: skip
