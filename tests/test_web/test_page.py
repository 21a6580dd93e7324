"""The page in a real browser, without a screen."""

import json
import shutil
from contextlib import contextmanager

import numpy as np
import pytest

from mtcp_mm.utils import read_rgb

webdriver = pytest.importorskip('selenium.webdriver')

from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = pytest.mark.slow
BROWSERS = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
SWITCHES = ('--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader', '--window-size=1280,1500')  # fmt: skip
CAMERA = 'return document.querySelector(".js-plotly-plot")._fullLayout.scene._scene.getCamera()'
PATIENCE = 60
"""Seconds to wait for something on the page, enough for a busy machine."""


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which('chromedriver')
    if not (browser and driver):
        pytest.skip('there is no Chromium with its driver: apt-get install chromium chromium-driver')
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in SWITCHES:
        options.add_argument(switch)
    downloads = tmp_path_factory.mktemp('downloads')
    options.add_experimental_option('prefs', {'download.default_directory': str(downloads)})
    options.set_capability('goog:loggingPrefs', dict(performance='ALL', browser='ALL'))
    browser = webdriver.Chrome(options, webdriver.ChromeService(driver))
    browser.downloads = downloads
    yield browser
    browser.quit()


def wait_for(browser, found):
    return WebDriverWait(browser, PATIENCE, 0.1).until(found)


def find(browser, selector):
    """Waits for the first element of a kind."""
    return wait_for(browser, lambda _: browser.find_elements(By.CSS_SELECTOR, selector))[0]


def upload(browser, address, path):
    browser.get(address)
    find(browser, 'input[type=file]').send_keys(str(path))


def move(browser, element, x, y):
    """Moves the mouse over an element, to shares of its width and height."""
    browser.execute_script('arguments[0].scrollIntoView({block: "center"})', element)
    box = element.rect
    offset = round((x - 0.5) * box['width']), round((y - 0.5) * box['height'])
    webdriver.ActionChains(browser, 50).move_to_element_with_offset(element, *offset).perform()


def drag(browser, element, x, y):
    """Drags with the left button, from the middle of an element."""
    browser.execute_script('arguments[0].scrollIntoView({block: "center"})', element)
    chain = webdriver.ActionChains(browser, 50).click_and_hold(element)
    chain.move_by_offset(x // 2, y // 2).move_by_offset(x - x // 2, y - y // 2).release().perform()


@pytest.fixture(scope='module')
def shown(browser, address, image_file):
    """The page with the maps of the image."""
    upload(browser, address, image_file)
    find(browser, '.mtcp-maps')
    find(browser, '.js-plotly-plot canvas')
    return browser


def test_every_map_is_shown_with_its_value_under_the_mouse(shown, inferencer, image_file):
    captions = [caption.text for caption in shown.find_elements(By.CSS_SELECTOR, '.mtcp-maps figcaption')]
    assert captions == ['image', *inferencer.tasks]
    maps = inferencer.predict(read_rgb(image_file))
    height, width = maps['distance'].shape
    tiles = shown.find_elements(By.CSS_SELECTOR, '.mtcp-tile')
    for tile, x, y in zip(tiles, (0.2, 0.7, 0.5, 0.1, 0.9), (0.3, 0.8, 0.6, 0.5, 0.95), strict=True):
        move(shown, tile, x, y)
        rows = [line.split(' ', 1) for line in find(shown, '.mtcp-readout').text.splitlines()]
        readout = dict(rows)
        column, row = map(int, readout.pop('pixel').split(', '))
        assert abs(column - x * width) < 2 and abs(row - y * height) < 2
        assert readout == dict(
            kinds=('dark', 'a<b')[maps['kinds'][row, column]],
            distance=f'{maps["distance"][row, column]:.2f} m',
            normals='(0.00, -0.60, 0.80)',
            edge=f'{maps["edge"][row, column]:.2f}',
        )
        marks = shown.find_elements(By.CSS_SELECTOR, '.mtcp-mark')
        assert len(marks) == 5 and all(mark.is_displayed() for mark in marks)


def test_void_is_shown_and_the_readout_disappears_beside_the_maps(shown):
    move(shown, shown.find_elements(By.CSS_SELECTOR, '.mtcp-tile')[0], 0.5, 0.001)
    assert 'distance void' in find(shown, '.mtcp-readout').text
    move(shown, find(shown, 'h1'), 0.5, 0.5)
    assert not find(shown, '.mtcp-readout').is_displayed()


def test_the_point_cloud_turns_and_takes_other_colours(shown):
    before = wait_for(shown, lambda _: shown.execute_script(CAMERA))
    drag(shown, find(shown, '.js-plotly-plot canvas'), 120, 40)
    after = wait_for(shown, lambda _: (now := shown.execute_script(CAMERA)) != before and now)
    assert abs(after['eye']['x'] - before['eye']['x']) > 0.05
    color = 'return document.querySelector(".js-plotly-plot").data[0].marker.color[0]'
    image = shown.execute_script(color)
    find(shown, '.updatemenu-header').click()
    find(shown, '.updatemenu-dropdown-button:nth-of-type(2)').click()
    assert wait_for(shown, lambda _: (now := shown.execute_script(color)) != image and now) == '#0a141e'


def test_the_arrays_are_the_inferencers(shown, inferencer, image_file):
    wait_for(shown, lambda _: not shown.find_elements(By.XPATH, '//button[@disabled][contains(., "Download")]'))
    for suffix in ('.npz', '.ply', '.png'):
        shown.find_element(By.XPATH, f'//button[contains(., "({suffix})")]').click()
    expected = [shown.downloads / f'room{suffix}' for suffix in ('.npz', '.ply', '.png')]
    wait_for(shown, lambda _: all(path.is_file() for path in expected))
    maps = inferencer.predict(read_rgb(image_file))
    with np.load(expected[0], allow_pickle=False) as arrays:
        assert sorted(arrays) == sorted(maps)
        assert all(np.array_equal(arrays[name], maps[name]) for name in maps)
    assert b'element vertex 10680\n' in expected[1].read_bytes()[:200]


def test_no_other_host_is_contacted_and_there_are_no_errors(shown, address):
    messages = [json.loads(entry['message'])['message'] for entry in shown.get_log('performance')]
    urls = [m['params']['request']['url'] for m in messages if m['method'] == 'Network.requestWillBeSent']
    assert any(url.startswith(f'{address}/gradio_api/upload') for url in urls)
    assert not [url for url in urls if not url.startswith((f'{address}/', 'data:', 'blob:'))]
    assert not [entry for entry in shown.get_log('browser') if entry['level'] == 'SEVERE']


@contextmanager
def screen(browser, width, height):
    """Within this context, the screen has another size."""
    size = dict(width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', size)
    try:
        yield
    finally:
        browser.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


def test_the_image_and_the_downloads_stay_beside_the_maps(shown):
    with screen(shown, 1280, 600):
        cloud = find(shown, '.js-plotly-plot')
        shown.execute_script('arguments[0].scrollIntoView({block: "end"})', cloud)
        assert shown.execute_script('return scrollY') > 300
        assert 0 <= shown.execute_script('return document.querySelector(".mtcp-side").getBoundingClientRect().top') < 50
        logos = 'return [...document.querySelectorAll(".modebar-btn--logo")].map(x => getComputedStyle(x).display)'
        assert set(shown.execute_script(logos)) == {'none'}


def test_a_narrow_screen_is_not_scrolled_sideways(shown):
    with screen(shown, 360, 700):
        wait_for(shown, lambda _: find(shown, '.mtcp-tile').rect['width'] < 360)
        assert shown.execute_script('return document.documentElement.scrollWidth') == 360
        cloud = find(shown, '.js-plotly-plot')
        wait_for(shown, lambda _: cloud.rect['height'] < cloud.rect['width'])


def test_an_invalid_image_is_reported(browser, address, tmp_path):
    (tmp_path / 'notes.png').write_bytes(b'no image')
    upload(browser, address, tmp_path / 'notes.png')
    message = wait_for(browser, lambda _: find(browser, '.toast-body').text)
    assert 'notes.png: cannot be read as an image' in message
    assert not browser.find_elements(By.CSS_SELECTOR, '.mtcp-maps')
