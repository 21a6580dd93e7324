import numpy as np
import torch

from mtcp_mm.datasets import MultiTaskRandomFlip, PackMultiTaskInputs


def test_packs_image_targets_and_meta(ramp):
    packed = PackMultiTaskInputs()(MultiTaskRandomFlip(prob=1)({**ramp, 'sample_id': '7'}))
    assert packed['inputs'].dtype == torch.uint8
    np.testing.assert_array_equal(packed['inputs'], ramp['img'][:, ::-1].transpose(2, 0, 1))
    sample = packed['data_samples']
    assert sample.target('sem_seg').dtype == torch.int64 and sample.target('sem_seg').shape == (1, 40, 60)
    assert sample.target('depth_map').dtype == torch.float32
    np.testing.assert_array_equal(sample.target('depth_map')[0], ramp['gt_depth_map'][:, ::-1])
    mirrored = ramp['gt_normals'][:, ::-1] * np.array([-1, 1, 1], np.float32)
    np.testing.assert_array_equal(sample.target('normals'), mirrored.transpose(2, 0, 1))
    assert sample.metainfo == dict(
        img_path='ramp.png', sample_id='7', ori_shape=(40, 60), img_shape=(40, 60), flip=True,
        flip_direction='horizontal',
    )  # fmt: skip


def test_packs_the_available_targets(ramp):
    del ramp['gt_normals']
    sample = PackMultiTaskInputs(meta_keys=('img_path',))(ramp)['data_samples']
    assert sample.target('normals') is None and sample.target('depth_map') is not None
    assert sample.metainfo_keys() == ['img_path']
