import platform

import torch

from mtcp_mm.apis.benchmark import machine


def test_describes_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, 'CPU_INFO', tmp_path / 'cpuinfo')
    assert machine.processor_name() in (platform.processor(), platform.machine())
    (tmp_path / 'cpuinfo').write_text('processor\t: 0\nmodel name\t: Fast CPU: 2 GHz\nmodel name\t: other\n')
    found = machine.describe_machine(torch.device('cpu'))
    assert found['processor'] == 'Fast CPU: 2 GHz'
    assert (found['threads'], found['torch']) == (torch.get_num_threads(), torch.__version__)
