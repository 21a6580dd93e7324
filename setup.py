"""Installs ``mtcp_mm``.

Neither torch nor the OpenMMLab family is in ``install_requires``, by the family's own custom: its
maintained and its original distributions share their import names, and a required one would be
installed over the other. ``pip install -e '.[mim]'`` brings the maintained one.
"""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent


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
    """Reads the long description, which a copy of the sources may lack."""
    path = ROOT / 'README.md'
    return path.read_text(encoding='utf-8') if path.is_file() else ''


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
    python_requires='>=3.10',
    install_requires=read_requirements('runtime'),
    extras_require={**EXTRAS, 'all': sum(EXTRAS.values(), [])},
    classifiers=[
        'Development Status :: 4 - Beta',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    zip_safe=False,
)
