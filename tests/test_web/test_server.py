"""Responses to clients that send other requests than the page."""

import asyncio
import errno
import io
import json
import logging
import os
import re
import socket
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import UserError
from mtcp_mm.web import serving
from mtcp_mm.web.server import BadRequests

httpx = pytest.importorskip('httpx')

ROOT = Path(__file__).parents[2]
ELSEWHERE = 'http://192.0.2.1/room.png'


@pytest.fixture
def client(address):
    with httpx.Client(base_url=f'{address}/gradio_api', timeout=60, trust_env=False) as client:
        yield client


def upload(client, name, content):
    return client.post('/upload', files=dict(files=(name, content)))


META = dict(_type='gradio.FileData')


def predict(client, path, **others):
    """Requests a prediction like the page, and returns the last message."""
    session = uuid.uuid4().hex
    image = dict(path=path, orig_name='room.png', **others)
    asked = client.post('/queue/join', json=dict(data=[image], fn_index=0, session_hash=session))
    assert asked.status_code == 200
    with client.stream('GET', '/queue/data', params=dict(session_hash=session)) as events:
        for line in events.iter_lines():
            if line.startswith('data:') and (message := json.loads(line[5:]))['msg'] == 'process_completed':
                return message
    raise AssertionError('no answer')


def test_an_uploaded_image_is_predicted(client, image_file):
    path = upload(client, 'room.png', Path(image_file).read_bytes()).json()[0]
    assert Path(path).is_relative_to(os.environ['GRADIO_TEMP_DIR'])
    assert Path(os.environ['GRADIO_TEMP_DIR']).stat().st_mode & 0o077 == 0  # for this user alone
    message = predict(client, path, meta=META)
    assert message['success'] and 'room.npz' in json.dumps(message['output'])


def test_images_of_all_types_are_accepted(client, tmp_path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / 'deep.tif')
    Image.fromarray(np.dstack([grey, grey])).save(tmp_path / 'alpha.png')
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned
    Image.fromarray(grey).save(tmp_path / 'turned.jpg', exif=exif)
    for name, shape in (('deep.tif', (3, 4)), ('alpha.png', (3, 4)), ('turned.jpg', (4, 3))):
        path = upload(client, name, (tmp_path / name).read_bytes()).json()[0]
        answer = json.dumps(predict(client, path, meta=META))
        (place,) = re.findall(r'"path": "([^"]+npz)"', answer)
        arrays = client.get(f'/file={place}')
        with np.load(io.BytesIO(arrays.content), allow_pickle=False) as maps:
            assert maps['edge'].shape == shape


def test_a_full_disk_is_reported_without_paths_of_the_host(client, image_file, monkeypatch, capfd):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), '/secret/place')

    path = upload(client, 'room.png', Path(image_file).read_bytes()).json()[0]
    monkeypatch.setattr('mtcp_mm.web.page.write_files', refuse)
    message = predict(client, path, meta=META)
    assert not message['success'] and 'disk may be full' in message['output']['error']
    assert 'secret' not in json.dumps(message)
    errors = capfd.readouterr().err
    assert 'error: /secret/place cannot be written (No space left on device)' in errors and 'Traceback' not in errors


@pytest.mark.slow
def test_uploads_and_results_are_deleted_after_a_while(inferencer, image_file, monkeypatch):
    pytest.importorskip('gradio')
    monkeypatch.setattr('mtcp_mm.web.page.KEPT_SECONDS', 4)
    with serving(inferencer) as url, httpx.Client(base_url=f'{url}gradio_api', timeout=60, trust_env=False) as client:
        path = upload(client, 'room.png', Path(image_file).read_bytes()).json()[0]
        assert predict(client, path, meta=META)['success']
        files = [file for file in Path(os.environ['GRADIO_TEMP_DIR']).rglob('*') if file.is_file()]
        assert {'.png', '.npz', '.ply'} <= {file.suffix for file in files}
        end = time.monotonic() + 60
        while any(file.exists() for file in files) and time.monotonic() < end:
            time.sleep(0.5)
        assert not [file for file in files if file.exists()]


@pytest.mark.parametrize(
    'path', ['/etc/passwd', ROOT / 'README.md', 'README.md', '../README.md', ROOT / 'tests/test_web/test_server.py']
)
def test_no_file_of_the_host_is_served(client, path):
    for route in ('/file=', '/file/'):
        assert client.get(f'{route}{path}').status_code in (403, 404)
    assert client.get(f'/file={ROOT}/%2e%2e/%2e%2e/etc/passwd').status_code in (403, 404)


def test_no_file_beside_the_uploads_is_served(client, tmp_path):
    (tmp_path / 'net.pth').write_bytes(b'weights')
    assert client.get(f'/file={tmp_path}/net.pth').status_code == 403


@pytest.mark.parametrize('route', ['/file=', '/file/', '/proxy='])
def test_no_file_of_another_host_is_served(client, address, route):
    for url in (ELSEWHERE, f'{address}/config'):
        answer = client.get(f'{route}{url}')
        assert (answer.status_code, answer.text) == (403, 'files of other hosts are not passed on')


@pytest.mark.parametrize('others', [{}, dict(meta=META), dict(meta=META, is_stream=True)])
@pytest.mark.parametrize(
    'path',
    [
        None,
        'data:image/png;base64,AAAA',
        '/etc/passwd',
        ROOT / 'docs/demo_panel.png',
        '/a\0b',
        'a' * 5000,
        '/' + 'a/' * 5000,
    ],
)
def test_no_file_of_the_host_is_taken_for_an_upload(client, path, others):
    message = predict(client, path and str(path), **others)
    assert not message['success'] and message['output']['error'] == 'only uploaded images are accepted'


def test_no_way_leads_out_of_the_folder_of_uploads(client, image_file):
    folder = os.environ['GRADIO_TEMP_DIR']
    up = os.path.relpath(image_file, folder)
    for others in ({}, dict(meta=META)):
        assert not predict(client, f'{folder}/{up}', **others)['success']


def test_no_address_is_taken_for_an_upload(client, monkeypatch):
    def fetch(*args, **kwargs):
        raise AssertionError('fetched')

    monkeypatch.setattr('gradio.processing_utils.async_ssrf_protected_download', fetch)
    for others in ({}, dict(meta=META), dict(meta=META, is_stream=True)):
        assert predict(client, ELSEWHERE, **others)['output']['error'] == 'only uploaded images are accepted'


def test_an_invalid_image_is_reported_without_its_path_on_the_host(client):
    path = upload(client, 'notes.png', b'no image').json()[0]
    message = predict(client, path, meta=META)
    assert not message['success']
    assert message['output']['error'].startswith('notes.png: cannot be read as an image')
    assert os.environ['GRADIO_TEMP_DIR'] not in json.dumps(message)


def form(disposition: bytes) -> dict:
    """Returns an upload with an odd header."""
    content = b'--BB\r\nContent-Disposition: form-data; ' + disposition + b'\r\n\r\nx\r\n--BB--\r\n'
    return dict(content=content, headers={'Content-Type': 'multipart/form-data; boundary=BB'})


def say(content: str) -> dict:
    return dict(content=content, headers={'Content-Type': 'application/json'})


@pytest.mark.parametrize('chunked', [False, True])
def test_a_request_is_not_larger_than_an_upload(client, chunked):
    body = b'[' * 40_000_000
    try:
        answer = client.post('/queue/join', content=iter([body]) if chunked else body)
    except httpx.TransportError:  # the server hangs up while the rest is still sent
        return
    assert answer.status_code in (400, 413)


@pytest.fixture
def tracebacks():
    """Collects what the server logs with a traceback."""
    records = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record) if record.exc_info else None
    logger = logging.getLogger('uvicorn.error')
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ('method', 'path', 'settings'),
    [
        ('GET', '/gradio_api/file=a%00b', {}),
        ('GET', '/gradio_api/proxy=%00', {}),
        ('GET', '/gradio_api/file=' + 'a' * 300, {}),
        ('GET', '/static/' + 'a' * 300, {}),
        ('GET', '/static/%00', {}),
        ('GET', '/assets/%ff', {}),
        ('GET', '/gradio_api/file=%ed%a0%80', {}),
        ('DELETE', '/gradio_api/upload', {}),
        ('POST', '/gradio_api/upload', form(b'name="files"')),
        ('POST', '/gradio_api/upload', form(b'name="files"; filename=".."')),
        ('POST', '/gradio_api/upload', form(b'name="files"; filename*=UTF-8\'\'%00a')),
        ('POST', '/gradio_api/upload', form(b'\xff; name="files"')),
        ('POST', '/gradio_api/queue/join', say('{"data": [null], "fn_index": 99, "session_hash": "x"}')),
        ('POST', '/gradio_api/queue/join', say('{"data": [null], "fn_index": -1, "session_hash": "x"}')),
        ('POST', '/gradio_api/queue/join', say('[' * 100_000)),
        ('POST', '/gradio_api/call/nothing', say('{"data": []}')),
        ('POST', '/gradio_api/reset', say('{"data": ["\\ud800"]}')),
        ('POST', '/gradio_api/cancel', say('{"data": [NaN]}')),
        ('POST', '/gradio_api/component_server', say('{"component_id": 0, "fn_name": "x", "session_hash": "x"}')),
    ],
)
def test_odd_requests_are_refused_with_a_reason(address, tracebacks, method, path, settings):
    answer = httpx.request(method, f'{address}{path}', timeout=60, trust_env=False, **settings)
    assert 400 <= answer.status_code < 500 and answer.text
    assert not tracebacks and 'site-packages' not in answer.text
    assert httpx.get(f'{address}/config', trust_env=False).status_code == 200


def test_errors_of_the_host_are_not_reported_as_bad_requests():
    async def full(scope, receive, send):
        raise OSError(errno.ENOSPC, 'No space left on device')

    pytest.importorskip('starlette')
    with pytest.raises(OSError, match='No space left'):
        asyncio.run(BadRequests(full)(dict(type='http', method='POST', path='/upload'), None, None))


def test_limits(client, tmp_path):
    assert upload(client, 'a.png', bytes(1_100_000)).status_code == 413
    Image.new('1', (1200, 1000)).save(tmp_path / 'large.png')
    path = upload(client, 'large.png', (tmp_path / 'large.png').read_bytes()).json()[0]
    assert (
        'it has 1200x1000 pixels, and at most 1000000 are read' in predict(client, path, meta=META)['output']['error']
    )


def test_predictions_go_through_the_queue(client):
    assert client.post('/run/predict', json=dict(data=[None], fn_index=0)).status_code in (401, 404)
    assert client.get('/info').json() == dict(named_endpoints={}, unnamed_endpoints={})


def test_the_page_asks_no_other_host_for_scripts_or_fonts(address):
    page = httpx.get(address, trust_env=False).text
    assert 'fonts.googleapis' not in page and 'src="http' not in page
    assert httpx.get(f'{address}/config', trust_env=False).json()['analytics_enabled'] is False


def test_a_port_number_that_is_too_large(inferencer):
    pytest.importorskip('gradio')
    with (
        pytest.raises(UserError, match=r'127\.0\.0\.1:70000: the server cannot listen here'),
        serving(inferencer, port=70_000),
    ):
        pass


def test_an_unknown_host_is_named(inferencer):
    pytest.importorskip('gradio')
    with (
        pytest.raises(UserError, match=r'^host\.invalid: the server cannot listen here'),
        serving(inferencer, host='host.invalid'),
    ):
        pass


def test_is_for_this_machine_alone_and_leaves_nothing(inferencer):
    pytest.importorskip('gradio')
    with serving(inferencer) as url:
        host, port = url.removeprefix('http://').rstrip('/').split(':')
        assert host == '127.0.0.1'
        folder = Path(os.environ['GRADIO_TEMP_DIR'])
        assert folder.is_dir()
        with pytest.raises(UserError, match=f'127.0.0.1:{port}: the server cannot listen here; choose another --port'):
            with serving(inferencer, port=int(port)):
                pass
    assert not folder.exists()
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port)))
