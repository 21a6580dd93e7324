from mtcp_mm.model_converters.mask2former import convert, format_report, recognize


def lines_after(report: str, title: str) -> list[str]:
    """Returns the lines of a list, from its title to the next empty line."""
    lines = report.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    return lines[start + 1 : (lines + ['']).index('', start)]


def test_every_tensor_is_reported(size_of, make_hugging_face):
    tensors = make_hugging_face(size_of['small']).state_dict()
    lost = 'model.transformer_module.decoder.layers.3.fc1.bias'
    del tensors[lost]
    conversion = convert(tensors, recognize(tensors, ''))
    report = format_report(conversion, 'there.bin', each=True)
    used, skipped = lines_after(report, f'used: {len(conversion.used)}'), lines_after(report, 'skipped: 5')
    assert {line.split()[1].rstrip(':') for line in [*used, *skipped]} == tensors.keys()
    old, new = 'model.transformer_module.level_embed.weight', 'backbone.level_embed.weight'
    assert f'    1  {old} -> {new}' in used
    missing = lines_after(report, 'missing: 5')
    assert '    1  backbone.transformer_decoder.layers.3.ffn.layers.0.0.bias: MISSING' in missing
    assert sum('new in MT-CP' in line for line in missing) == 4


def test_layers_of_the_same_kind_share_a_line_with_their_number(size_of, make_hugging_face):
    tensors = make_hugging_face(size_of['small']).state_dict()
    conversion = convert(tensors, recognize(tensors, ''))
    report = format_report(conversion, 'there.bin')
    used = lines_after(report, 'used:')
    assert len(used) < 110 and sum(int(line.split()[0]) for line in used) == len(conversion.used)
    layer = 'model.transformer_module.decoder.layers.*.cross_attn_layer_norm.bias'
    assert f'    4  {layer} -> backbone.transformer_decoder.layers.*.norms.0.bias' in used
    rows = {row[0]: [int(x) for x in row[1:]] for row in table_rows(report)}
    assert rows['encoder'][2:] == [6, 0] and rows['queries, masks, norms'] == [13, 9, 0, 4]
    assert rows['all'][0] == conversion.total
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == [2 * x for x in rows['all']]
    assert 'there.bin, Hugging Face transformers' in report and "'num_queries': 7" in report


def table_rows(report: str) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in report.splitlines() if line[:1] == '|']
    return [row for row in cells if len(row) == 5 and row[1].isdigit()]
