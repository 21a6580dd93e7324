import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from mtcp_mm.models.layers import CoherenceFusionModule, WindowAffinityAttention


def inputs(others: int = 2) -> tuple[Tensor, list[Tensor]]:
    return torch.randn(2, 8, 6, 7), [torch.randn(2, 8, 6, 7) for _ in range(others)]


@pytest.mark.parametrize('scale', [None, 1.0])
def test_equals_the_formula_on_its_parts(scale):
    module = CoherenceFusionModule(8, 2, scale).eval()
    for norm in (module.norm, module.query[1], module.key[1], module.value[1]):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        torch.nn.init.normal_(norm.bias)
    own, others = inputs()
    gated = [torch.sigmoid(gate(x)) * x for gate, x in zip(module.gates, others, strict=True)]
    joint = torch.einsum('oc,bchw->bohw', module.project.weight[..., 0, 0], torch.cat(gated, 1))
    joint = joint + module.project.bias[:, None, None]
    q, k, v = (branch(x).flatten(2) for branch, x in zip(
        (module.query, module.key, module.value), (joint, joint, own), strict=True
    ))  # fmt: skip
    affinity = torch.softmax((8**-0.5 if scale is None else scale) * q.transpose(1, 2) @ k, -1)
    merged = (v @ affinity.transpose(1, 2)).unflatten(2, (6, 7))
    fused, loss = module(own, others)
    torch.testing.assert_close(fused, module.norm(module.cbam(merged)), rtol=1e-4, atol=1e-4)
    assert loss is None


def test_gradients_in_training_equal_those_of_the_formula(gradients):
    module = CoherenceFusionModule(8, 2)
    own, others = inputs()
    fused, loss = module(own, others)
    cotangent = torch.randn_like(fused)
    ((fused * cotangent).sum() + loss).backward()
    ours = gradients(module)
    module.zero_grad()
    joint = module.project(torch.cat([torch.sigmoid(g(x)) * x for g, x in zip(module.gates, others, strict=True)], 1))
    q, k, v = module.query(joint).flatten(2), module.key(joint).flatten(2), module.value(own).flatten(2)
    affinity = torch.softmax(8**-0.5 * q.transpose(1, 2) @ k, -1)
    merged = module.norm(module.cbam((v @ affinity.transpose(1, 2)).unflatten(2, (6, 7))))
    ((merged * cotangent).sum() + (1 - F.cosine_similarity(v, q, dim=1)).mean()).backward()
    torch.testing.assert_close(ours, gradients(module), rtol=1e-4, atol=1e-4)


def test_gated_features_are_not_kept_for_the_backward_pass():
    module, shapes = CoherenceFusionModule(8, 2), []
    with saved_tensors_hooks(lambda x: shapes.append(tuple(x.shape)) or x, lambda x: x):
        module(*inputs())
    assert (2, 8, 6, 7) in shapes and (2, 16, 6, 7) not in shapes


def test_without_a_residual_nothing_starts_at_zero():
    module = CoherenceFusionModule(8, 2)
    assert all((norm.weight == 1).all() for norm in module.modules() if isinstance(norm, torch.nn.BatchNorm2d))
    assert module(*inputs())[0].abs().mean() > 0.1


@pytest.mark.parametrize('training', [True, False])
def test_residual_starts_as_the_identity(training):
    own, others = inputs()
    residual, letter = (CoherenceFusionModule(8, 2, residual=on, q_stride=4).train(training) for on in (True, False))
    assert torch.equal(residual(own, others)[0], own)
    assert not torch.allclose(letter(own, others)[0], own)


def test_stochastic_depth_keeps_the_input_of_some_samples(check_drop_path):
    module = CoherenceFusionModule(8, 2, residual=True, drop_path_rate=0.4)
    torch.nn.init.ones_(module.norm.weight)
    own, *others = torch.randn(3, 16, 8, 6, 7)
    check_drop_path(module, module.drop_path, lambda: module(own, others)[0] - own)


@pytest.mark.parametrize('autocast', [False, True])
def test_coherence_loss_is_one_minus_the_cosine_of_value_and_query(autocast):
    """In float32, whatever the precision of the maps."""
    module, seen = CoherenceFusionModule(8, 2), {}
    for name in ('query', 'value'):
        module.get_submodule(name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    own, others = inputs()
    dtype = torch.bfloat16 if autocast else torch.float32
    with torch.autocast('cpu', torch.bfloat16, enabled=autocast):
        loss = module(own.to(dtype), others)[1]
    assert {out.dtype for out in seen.values()} == {dtype}
    v, q = seen['value'].float(), seen['query'].float()
    norms = v.square().sum(1).sqrt() * q.square().sum(1).sqrt()
    torch.testing.assert_close(loss, (1 - (v * q).sum(1) / norms.clamp(min=1e-8)).mean())


def test_branches_end_in_a_relu():
    module, x = CoherenceFusionModule(8, 2), torch.randn(2, 8, 6, 7)
    for branch in (module.query, module.key, module.value):
        out = branch(x)
        assert (out >= 0).all() and (out == 0).any() and (out > 0).any()


def test_norms_follow_the_config():
    module = CoherenceFusionModule(8, 2, norm_cfg=dict(type='GN', num_groups=2))
    norms = [module.norm, *(branch[1] for branch in (module.query, module.key, module.value))]
    assert {type(norm) for norm in norms} == {torch.nn.GroupNorm}


def test_settings_are_passed_to_the_attention():
    attention = CoherenceFusionModule(8, 2, 1.0, q_stride=4, kv_stride=2, merge='window', window_size=12).attention
    assert isinstance(attention, WindowAffinityAttention) and attention.window_size == 12
    assert (attention.scale, attention.q_stride, attention.kv_stride) == (1.0, 4, 2)


@pytest.mark.parametrize(
    'settings',
    [dict(q_stride=4), dict(kv_stride=2), dict(merge='window', window_size=4, q_stride=2), dict(merge='linear')],
    ids=str,
)
def test_cheaper_variants_keep_the_size(gradients, settings):
    module = CoherenceFusionModule(8, 3, **settings)
    own, others = inputs(3)
    fused, loss = module(own, others)
    assert fused.shape == own.shape
    ((fused * torch.randn_like(fused)).sum() + loss).backward()
    assert all(gradient.isfinite().all() for gradient in gradients(module).values())


def test_pooled_queries_are_enlarged_bilinearly():
    module = CoherenceFusionModule(8, 1, q_stride=2).eval()
    own, others = torch.randn(1, 8, 4, 4), [torch.randn(1, 8, 4, 4)]
    joint = module.project(torch.sigmoid(module.gates[0](others[0])) * others[0])
    q, k, v = (
        F.avg_pool2d(module.query(joint), 2).flatten(2),
        module.key(joint).flatten(2),
        module.value(own).flatten(2),
    )
    small = (v @ torch.softmax(8**-0.5 * q.transpose(1, 2) @ k, -1).transpose(1, 2)).unflatten(2, (2, 2))
    large = F.interpolate(small, (4, 4), mode='bilinear', align_corners=False)
    torch.testing.assert_close(module(own, others)[0], module.norm(module.cbam(large)), rtol=1e-4, atol=1e-4)


def test_a_missing_task():
    own, others = inputs()
    with pytest.raises(ValueError):
        CoherenceFusionModule(8, 3)(own, others)
