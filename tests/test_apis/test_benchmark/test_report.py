import pytest

from mtcp_mm.apis.benchmark.measuring import Measurement
from mtcp_mm.apis.benchmark.report import format_networks, format_parts, format_setup, summarize


def test_a_report_has_the_medians(build, settings):
    (subject,) = build()
    operations = dict(encoder=2e9, head=1e9)
    first = Measurement(subject, operations, 2**20, [1, 2, 6], [3, 1, 2], [2, 2, 1], dict(encoder=[1, 2, 3], head=[1]))
    second = Measurement(subject, operations, 2**21, [1, 1, 1], [1, 1, 1], [3, 3, 3], dict(head=[4]))
    summary = summarize([first, second], [1e9, 3e9, 2e9], settings)
    ours, theirs = summary['networks']
    assert (ours['images_per_second'], ours['latency_median_ms'], ours['cpu_ms']) == (0.5, 2000, 2000)
    assert ours['latency_p95_ms'] == pytest.approx(5600)
    assert (ours['ratio'], theirs['ratio']) == (1, 1.5)
    assert (ours['peak_memory_mib'], ours['gflop'], ours['share_of_matrix_product']) == (1, 3, 0.75)
    assert ours['part_ms'] == dict(encoder=2000, head=1000)
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in format_parts(summary).get_string().split('\n')]
    assert rows[3:5] == [['encoder', '2000.0', '2.00', '', '2.00'], ['head', '1000.0', '1.00', '4000.0', '1.00']]
    assert '1x64x64' in format_networks(summary).get_string()
    assert 'a matrix product reaches 2 GFLOP/s' in format_setup(summary)
