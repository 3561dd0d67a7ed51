"""SOAP 1.1 envelopes, read from strangers and written for them (W3C Note of 8 May 2000)."""

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


class SOAPFault(Exception):
    """An answer of last resort: ``code`` is Client, Server or VersionMismatch.

    ``detail`` names the exception of the dialect, if there is one.
    """

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


def parse_request(body: bytes) -> etree._Element:
    """Return the operation element of a request.

    Raises SOAPFault for what is not XML, carries a document type, or is not a SOAP 1.1 envelope
    with one operation.  Entities are never expanded and nothing is fetched.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SOAPFault("Client", f"The request is not XML: {error}") from error
    # Asked of the parsed document: a search in the bytes misses a UTF-16 body.
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise SOAPFault("Client", "A document type declaration is not accepted")
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace != ENVELOPE:
        raise SOAPFault("VersionMismatch", f"The root element must be an Envelope of {ENVELOPE}")
    operations = root.findall(f"{{{ENVELOPE}}}Body/*")
    if len(operations) != 1:
        raise SOAPFault("Client", f"The Body must hold one operation, not {len(operations)}")
    return operations[0]


def envelope(content: etree._Element) -> bytes:
    """Return a whole message around one body element."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE, "xsi": XSI})
    etree.SubElement(root, f"{{{ENVELOPE}}}Body").append(content)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fault(error: SOAPFault, namespace: str) -> bytes:
    """Return a whole message with a fault; its detail element is of the dialect's namespace."""
    content = etree.Element(f"{{{ENVELOPE}}}Fault", nsmap={"soap": ENVELOPE})
    etree.SubElement(content, "faultcode").text = f"soap:{error.code}"
    etree.SubElement(content, "faultstring").text = str(error)
    if error.detail:
        detail = etree.SubElement(content, "detail")
        etree.SubElement(detail, f"{{{namespace}}}{error.detail}", nsmap={"ns0": namespace})
    return envelope(content)
