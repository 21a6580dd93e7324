from mtcp_mm.engine.config import read_config


def test_tasks_and_data_root_of_the_top_level_hold_everywhere(tmp_path):
    config = tmp_path / 'config.py'
    inner = "dict(tasks=old, data_root='old')"
    config.write_text(
        f"old = [dict(name='a'), dict(name='b')]\ntasks = [dict(name='a')]\ndata_root = 'old'\n"
        f'model = dict(tasks=old)\ntrain_dataloader = dict(dataset=dict(dataset={inner}))\n'
        f'val_evaluator = [dict(baseline={inner})]'
    )
    cfg = read_config(config, {'data_root': 'new'})
    assert cfg.model == dict(tasks=[dict(name='a')])
    assert cfg.train_dataloader.dataset.dataset == cfg.val_evaluator[0].baseline
    assert cfg.val_evaluator[0].baseline == dict(tasks=[dict(name='a')], data_root='new')
