import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

EPSILON = 1e-8


def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Compares the vectors of two maps (B, C, h, w) at each position, (B, h, w); 0 where a vector is zero.

    Equal to :func:`torch.nn.functional.cosine_similarity` of the maps in float32. It keeps only the two maps as they
    are for the backward pass. That function keeps both normalized, and the float32 copies of half precision.
    """
    return CosineSimilarity.apply(a, b)


class CosineSimilarity(torch.autograd.Function):
    """See :func:`cosine_similarity`."""

    @staticmethod
    def forward(ctx: FunctionCtx, a: Tensor, b: Tensor) -> Tensor:
        """Returns a.b / (|a| |b|), (B, h, w)."""
        precision = torch.promote_types(a.dtype, torch.float32)
        wide_a, wide_b = a.to(precision), b.to(precision)
        dot = (wide_a * wide_b).sum(1, keepdim=True)
        norm_a, norm_b = wide_a.norm(dim=1, keepdim=True), wide_b.norm(dim=1, keepdim=True)
        ctx.save_for_backward(a, b, dot, norm_a, norm_b)
        return (dot / (norm_a * norm_b).clamp(min=EPSILON)).squeeze(1)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the gradients. That of a is (b - a (a.b) / |a|^2) / (|a| |b|), times ``gradient`` (B, h, w)."""
        a, b, dot, norm_a, norm_b = ctx.saved_tensors
        product = norm_a * norm_b
        factor = gradient.unsqueeze(1) / product.clamp(min=EPSILON)
        radial_a, radial_b = (
            torch.where(product < EPSILON, 0, -factor * dot / norm.square()) for norm in (norm_a, norm_b)
        )
        return torch.addcmul(b * factor, a, radial_a).to(a), torch.addcmul(a * factor, b, radial_b).to(b)
