default_scope = 'mmseg'
custom_imports = dict(imports=['mtcp_mm'])
runner_type = 'StrictCheckpointRunner'
randomness = dict(seed=0)

env_cfg = dict(cudnn_benchmark=True, mp_cfg=dict(mp_start_method='fork'), dist_cfg=dict(backend='nccl'))
vis_backends = [dict(type='AtomicVisBackend'), dict(type='TensorboardVisBackend')]
visualizer = dict(type='MultiTaskVisualizer', vis_backends=vis_backends)
log_processor = dict(by_epoch=True)
log_level = 'INFO'
load_from = None
resume = False

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=True),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='AtomicCheckpointHook', interval=1, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)
custom_hooks = [
    dict(type='EpochSeedHook'),
    dict(type='BatchContextHook'),
    dict(type='PredictionVisualizationHook'),
    dict(type='TrainingCurvesHook'),
]
