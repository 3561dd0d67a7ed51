"""URLs of validators: what may be given credentials."""

import pytest

from locations.domain.provider_urls import check_url


@pytest.mark.parametrize(
    "url",
    [
        "https://provider.example/validate",
        "https://10.1.2.3:8443/x",
        "http://127.0.0.1:8020/x",
        "http://[::1]:8020/x",
        "http://localhost/x",
    ],
)
def test_check_url_accepts_tls_and_this_machine(url):
    assert check_url(url) is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("http://provider.example/x", "password in clear", id="plain_http"),
        pytest.param("http://127.0.0.1.evil.example/x", "password in clear", id="looks_local"),
        pytest.param("file:///etc/passwd", "must begin with https://", id="file"),
        pytest.param("ftp://provider.example/x", "must begin with https://", id="ftp"),
        pytest.param("https:///x", "name a host", id="no_host"),
        pytest.param("", "must begin with https://", id="nothing"),
        pytest.param("https://me:secret@provider.example/", "out of the URL", id="userinfo"),
        pytest.param("https://provider.example:99999/", "is not a URL", id="port"),
    ],
)
def test_check_url_refuses_and_names_the_remedy(url, message):
    with pytest.raises(ValueError, match=message):
        check_url(url)


def test_check_url_accepts_plain_http_where_allowed():
    assert check_url("http://provider.example/x", allow_plain_http=True) is None
