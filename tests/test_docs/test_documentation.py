"""Runs every command and code block of README and docs on small data, or checks it as far as possible."""

import re
import shlex
import shutil
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import NamedTuple

import pytest
from mmengine.config import Config
from mmseg.registry import HOOKS, MODELS

from mtcp_mm.engine.config import read_config

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
INSTALL = ROOT / 'docs/install.md'
WALKED_THROUGH = {'add_a_dataset.md', 'add_a_neck.md', 'add_a_task.md'}  # tests/test_plug_in follows them step by step
RUN_ELSEWHERE = {'export.md'}  # its code needs an exported network, which tests/test_tools/test_export_onnx.py has
FENCED = re.compile(r'^```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
INLINE = re.compile(r'`((?:bash|mim|pip|python|tox) [^`]+)`')
COMMENT = re.compile(r'\s#\s(.*)')


class Block(NamedTuple):
    """Part of a document: where it starts, its language and its text."""

    place: str
    language: str
    text: str


def read_blocks(document: Path) -> list[Block]:
    """Lists a document's fenced blocks; commands inside sentences count as shell blocks."""
    text = document.read_text(encoding='utf-8')
    found = [(match.start(), *match.groups()) for match in FENCED.finditer(text)]
    outside = FENCED.sub(lambda match: re.sub(r'[^\n]', ' ', match.group()), text)
    found += [(match.start(), 'bash', match.group(1)) for match in INLINE.finditer(outside)]
    return [Block(f'{document.name}:{text.count(chr(10), 0, start) + 1}', *rest) for start, *rest in sorted(found)]


BLOCKS = [block for document in DOCUMENTS if document.name not in WALKED_THROUGH for block in read_blocks(document)]
COMMANDS = {  # each once, with the place where it first occurs
    line: block.place
    for block in reversed(BLOCKS)
    if block.language == 'bash'
    for line in reversed(block.text.replace('\\\n', ' ').splitlines())
    if line.strip()
}
CODE = {
    block.place: block.text
    for block in BLOCKS
    if block.language == 'python' and block.place.partition(':')[0] not in RUN_ELSEWHERE
}


def run_in(workshop, trained, script: str, *arguments: str) -> None:
    """Runs one of the project's Python tools as documented, after adding the files that it reads."""
    if any(word.endswith('.onnx') for word in arguments):  # tests/test_tools/test_export_onnx.py runs one
        return parse_in(workshop, trained, script, *arguments)
    configs = [word for word in arguments if word.startswith('configs/')]
    for config in configs:
        workshop.add_config(config)
    if not configs:
        workshop.add_images()
    for word in arguments:
        if word.endswith('.pth') or word == 'CHECKPOINT':
            workshop.link(word, trained(configs[0]) / 'epoch_1.pth')
        if word.startswith('work_dirs/') and script.startswith('tools/analysis_tools'):
            folder = Path(word).parent if Path(word).suffix else Path(word)
            shutil.copytree(trained('configs/mtcp_rooms.py'), folder)
    workshop.call(script, *arguments)


def convert_in(workshop, trained, script: str, source: str, *rest: str) -> None:
    """Prepares a data set from an archive. Tests of the readers cover original files."""
    if source.endswith('.mat'):
        assert workshop.parse(script, source, *rest).splits.endswith('.mat')
        return
    if '--parts' in rest:
        assert workshop.parse(script, source, *rest).context
        return
    if source == rest[0]:
        shutil.copytree(workshop.data_sets['PascalContextMultiTask'], source)
    else:
        data_sets = {'NYUD_MT.tgz': 'NYUDMultiTask', 'PASCAL_MT.tgz': 'PascalContextMultiTask'}
        workshop.add_archive(source, data_sets[source])
    workshop.call(script, source, *rest, '--workers', '1')


def render_in(workshop, trained, script: str, *arguments: str) -> None:
    """Renders fewer rooms than documented."""
    workshop.parse(script, *arguments)
    fewer = dict(zip(arguments, arguments[1:], strict=False)) | {'--train': '2', '--val': '1', '--workers': '1'}
    options = [word for option in fewer.items() if option[0].startswith('--') for word in option]
    workshop.call(script, arguments[0], *options)


def parse_in(workshop, trained, script: str, *arguments: str) -> None:
    """Only parses the arguments: this tool's own tests run the documented commands."""
    workshop.parse(script, *arguments)


PYTHON_TOOLS = {
    'tools/train.py': run_in,
    'tools/test.py': run_in,
    'tools/infer.py': run_in,
    'tools/check_dataset.py': run_in,
    'tools/analysis_tools/benchmark.py': parse_in,
    'tools/analysis_tools/get_flops.py': run_in,
    'tools/analysis_tools/plot_curves.py': run_in,
    'tools/analysis_tools/print_metrics.py': run_in,
    'tools/dataset_converters/nyud.py': convert_in,
    'tools/dataset_converters/pascal_context.py': convert_in,
    'tools/dataset_converters/make_rooms.py': render_in,
    'tools/model_converters/mask2former.py': parse_in,
    'tools/model_converters/publish_model.py': parse_in,
    'tools/export_onnx.py': parse_in,
    'tools/web_demo.py': parse_in,
}


def check_launcher(workshop, tool: str, count: str, *arguments: str) -> None:
    """Checks a launch on several devices: the Python tool accepts the other arguments, and the config exists."""
    assert int(count) > 0
    assert (ROOT / workshop.parse(tool, *arguments).config).is_file()


def check_bash(workshop, variables: dict[str, str], script: str, *arguments: str) -> None:
    """Checks a shell script and its arguments, since running it takes many devices, a cluster, or this test itself."""
    subprocess.run(['bash', '-n', ROOT / script], check=True)
    text = (ROOT / script).read_text()
    assert all(f'${{{name}:-' in text for name in variables)
    match script, arguments:
        case 'tools/demo.sh' | 'tools/run_tests.sh', ():
            pass
        case 'tools/dist_train.sh', (config, count, *rest):
            check_launcher(workshop, 'tools/train.py', count, config, *rest)
        case 'tools/dist_test.sh', (config, checkpoint, count, *rest):
            check_launcher(workshop, 'tools/test.py', count, config, checkpoint, *rest)
        case 'tools/slurm_train.sh', (_, _, config, *rest):
            check_launcher(workshop, 'tools/train.py', variables['GPUS'], config, *rest)
        case _:
            pytest.fail(f'no check of these arguments: {script} {arguments}')


def check_pip(command: str, *arguments: str) -> None:
    """Checks what is installed: files and extras exist, and versions are the tested ones."""
    assert command == 'install'
    parser = ArgumentParser()
    parser.add_argument('names', nargs='*')
    parser.add_argument('-c', action='append', default=[])
    parser.add_argument('-r', action='append', default=[])
    parser.add_argument('-e')
    parser.add_argument('--no-deps', action='store_true')
    wanted = parser.parse_args(arguments)
    assert all((ROOT / file).is_file() for file in wanted.c + wanted.r)
    if wanted.e:
        extra = re.fullmatch(r'\.(?:\[(\w+)\])?', wanted.e).group(1)
        assert extra is None or f"'{extra}': read_requirements(" in (ROOT / 'setup.py').read_text()
    known = ''.join(path.read_text() for path in (ROOT / 'requirements').glob('*.txt'))
    for name in wanted.names:
        wheel = re.fullmatch(r'dist/mtcp_mm-(.+)-py3-none-any\.whl', name)
        assert wheel or name in ('build', 'openmim', 'tox') or re.search(rf'^{re.escape(name)}\b', known, re.MULTILINE)


def check_tox(*arguments: str) -> None:
    """Checks that tox has the environment."""
    (name,) = re.fullmatch(r'run -e (\w+)', ' '.join(arguments)).groups()
    assert f'"{name}"' in re.search(r'^env_list = (.+)$', (ROOT / 'pyproject.toml').read_text(), re.MULTILINE).group(1)


def check_mim(command: str, package: str, *arguments: str) -> None:
    """Checks that mim finds a config; tests/test_packaging.py checks where it looks."""
    assert command in ('search', 'train') and package == 'mtcp_mm'
    assert all((ROOT / 'configs' / name).is_file() for name in arguments)


@pytest.mark.parametrize('line', COMMANDS, ids=COMMANDS.values())
def test_command(line, workshop, trained):
    command = COMMENT.sub('', line)
    words = shlex.split(command)
    variables = {}
    while '=' in words[0]:
        name, _, variables[name] = words.pop(0).partition('=')
    match words:
        case ['python', '-m', 'build']:
            pass  # tests/test_packaging.py builds both distributions
        case ['python', script, *arguments] if script in PYTHON_TOOLS:
            PYTHON_TOOLS[script](workshop, trained, script, *arguments)
        case ['bash', script, *arguments]:
            check_bash(workshop, variables, script, *arguments)
        case ['pip', *arguments]:
            check_pip(*arguments)
        case ['tox', *arguments]:
            check_tox(*arguments)
        case ['mim', *arguments]:
            check_mim(*arguments)
        case _:
            pytest.fail(f'no way to run this command is known here: {line}')


COMMENTED = [line for line in COMMANDS if re.search(r' --\w', ''.join(COMMENT.findall(line)))]


@pytest.mark.parametrize('line', COMMENTED, ids=[COMMANDS[line] for line in COMMENTED])
def test_options_in_comments_exist(line, workshop, capsys):
    with pytest.raises(SystemExit):
        workshop.parse(shlex.split(COMMENT.sub('', line))[1], '--help')
    options = re.findall(r'--[\w-]+', ''.join(COMMENT.findall(line)))
    assert set(options) <= set(re.findall(r'--[\w-]+', capsys.readouterr().out))


def build_from(path: Path) -> Config:
    """Reads a config and builds its network and hooks."""
    cfg = read_config(path)
    MODELS.build(cfg.model)
    assert all(HOOKS.build(hook) for hook in cfg.custom_hooks)
    return cfg


@pytest.mark.parametrize('text', CODE.values(), ids=CODE)
def test_code(text, workshop, trained):
    """A block is a config, lines that are added to ``mtcp_nyud.py``, or a program."""
    if 'import ' in text:
        workshop.add_config('configs/mtcp_nyud.py')
        checkpoint = trained('configs/mtcp_nyud.py') / 'epoch_1.pth'
        workshop.link('CHECKPOINT', checkpoint)
        workshop.link('IMAGE', next(workshop.data_sets['NYUDMultiTask'].glob('images/*')))
        exec(text, {})
        return
    shutil.copytree(ROOT / 'configs', 'configs')
    whole = text if '_base_' in text else f"_base_ = './mtcp_nyud.py'\n{text}"
    path = Path('configs/from_the_documentation.py')
    path.write_text(whole)
    cfg = build_from(path)
    if '_base_' not in text:
        assert set(re.findall(r'^(\w+) =', text, re.MULTILINE)) <= set(read_config('configs/mtcp_nyud.py'))
    assert cfg.custom_imports.imports


def test_blocks_are_of_known_languages_and_hide_no_command():
    assert {block.language for block in BLOCKS} <= {'', 'bash', 'python'}
    hidden = [
        block.place for block in BLOCKS if not block.language and re.search(r'^(\$|bash|pip|python) ', block.text)
    ]
    assert not hidden


def anchors(document: Path) -> set[str]:
    """Returns the anchors that GitHub gives a document's headings."""
    headings = re.findall(r'^#+ (.+)$', FENCED.sub('', document.read_text(encoding='utf-8')), re.MULTILINE)
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = re.findall(r'\]\(([^)#]*)#?([^)]*)\)', FENCED.sub('', document.read_text(encoding='utf-8')))
    local = [(document.parent / link if link else document, anchor) for link, anchor in links if '://' not in link]
    assert not [path for path, _ in local if not path.exists()]
    assert not [(path, anchor) for path, anchor in local if anchor and anchor not in anchors(path)]


def test_every_document_is_linked_from_the_readme_or_from_one_that_is():
    linked = {link for document in DOCUMENTS for link in re.findall(r'(\w+\.md)\)', document.read_text())}
    assert {path.name for path in DOCUMENTS[1:]} <= linked


def test_versions_of_both_families_are_those_of_the_constraints():
    rows = [line.split('|')[2:4] for line in INSTALL.read_text().splitlines() if line.startswith('| MM')]
    assert len(rows) == 5
    for column, name in enumerate(['constraints', 'constraints-original']):
        pins = (ROOT / f'requirements/{name}.txt').read_text().splitlines()
        assert {'=='.join(row[column].split()) for row in rows} <= set(pins)
