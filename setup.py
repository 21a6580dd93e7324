"""Installs ``mtcp_mm``.

As usual in the OpenMMLab family, neither torch nor the family itself is in ``install_requires``: its maintained and its
original distributions share their import names, and a required one would overwrite the other.
``pip install -e '.[mim]'`` installs the maintained one.

As in other packages of the family, a wheel has configs, tools and model index in ``mtcp_mm/.mim``, where ``mim`` looks
for them. They are copied into the build, never into the source tree.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
MODEL_INDEX = 'configs/model-index.yml'
MIM_FOLDERS = ('configs', 'tools')
TREE_ONLY = {'tools/demo.sh', 'tools/env.sh', 'tools/run_tests.sh'}  # they prepare an environment for the source tree
SOURCE_FOLDERS = (*MIM_FOLDERS, 'docs', 'requirements', 'tests')
SUFFIXES = {'.md', '.png', '.py', '.sh', '.txt', '.yml'}


def read_version() -> str:
    """Reads the version without importing the package, which would need torch."""
    names: dict[str, str] = {}
    exec((ROOT / 'mtcp_mm' / 'version.py').read_text(encoding='utf-8'), names)
    return names['__version__']


def read_requirements(name: str) -> list[str]:
    """Reads ``requirements/<name>.txt``, without its comments."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    requirements = [line.split('#')[0].strip() for line in lines]
    return [requirement for requirement in requirements if requirement]


def read_readme() -> str:
    """Reads the long description; an empty one if the sources have no README."""
    path = ROOT / 'README.md'
    return path.read_text(encoding='utf-8') if path.is_file() else ''


def list_files(folders: tuple[str, ...]) -> Iterator[str]:
    """Lists the project's own files in folders, relative to the root; other file types are left by runs."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob('*')):
            if path.suffix in SUFFIXES:
                yield path.relative_to(ROOT).as_posix()


class BuildWithMim(build_py):
    """Adds the ``.mim`` folder to a build, and to a source distribution the files for it."""

    def mim_files(self) -> dict[str, Path]:
        """Maps each file of ``.mim`` to its place in the build; an editable install needs none."""
        if self.editable_mode:
            return {}
        mim = Path(self.build_lib) / 'mtcp_mm' / '.mim'
        names = [name for name in list_files(MIM_FOLDERS) if name not in TREE_ONLY]
        return {name: mim / (Path(name).name if name == MODEL_INDEX else name) for name in names}

    def run(self) -> None:
        # otherwise modules that were deleted since an earlier build would be included
        shutil.rmtree(Path(self.build_lib) / 'mtcp_mm', ignore_errors=True)
        super().run()
        for name, place in self.mim_files().items():
            self.mkpath(str(place.parent))
            self.copy_file(str(ROOT / name), str(place))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return super().get_outputs(include_bytecode) + [str(place) for place in self.mim_files().values()]

    def get_source_files(self) -> list[str]:
        return super().get_source_files() + list(list_files(SOURCE_FOLDERS))


EXTRAS = {
    'mim': read_requirements('mminstall'),
    'optional': read_requirements('optional'),
    'tests': read_requirements('tests'),
}

setup(
    name='mtcp_mm',
    version=read_version(),
    description='MT-CP: multi-task dense prediction on MMSegmentation',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords='computer vision, multi-task learning, segmentation, depth, surface normals',
    packages=find_packages(include=['mtcp_mm', 'mtcp_mm.*']),
    package_data={'mtcp_mm': ['py.typed', 'zoo/*']},
    python_requires='>=3.10',
    install_requires=read_requirements('runtime'),
    extras_require={**EXTRAS, 'all': sum(EXTRAS.values(), [])},
    cmdclass={'build_py': BuildWithMim},
    classifiers=[
        'Development Status :: 4 - Beta',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    zip_safe=False,
)
