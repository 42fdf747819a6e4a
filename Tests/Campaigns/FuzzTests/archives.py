"""archives.py FOLDER: writes small archives of all kinds there, for the fuzzer to begin with."""

import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from pathlib import Path

COMMIT = "3f2a91c0d4e5f60718293a4b5c6d7e8f90123456"


def tar(form=tarfile.PAX_FORMAT, comment=COMMIT, odd=False):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, pax_headers={"comment": comment} if comment else {}) as made:
        def add(name, kind=tarfile.REGTYPE, content=b"", **more):
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.mode = kind, len(content), 0o755
            for key, value in more.items():
                setattr(entry, key, value)
            made.addfile(entry, io.BytesIO(content))

        add("app", tarfile.DIRTYPE)
        add("app/VERSION", content=b"4.1.0\n", mtime=1_700_000_000)
        add("app/deep/" + "n" * 120, content=b"x")
        add("app/link", tarfile.SYMTYPE, linkname="deep/../VERSION")
        add("app/.gitattributes", content=b"*.png export-ignore\n")
        if odd:
            add("app/hard", tarfile.LNKTYPE, linkname="app/VERSION")
            add("app/../out", content=b"x")
            add("app/pipe", tarfile.FIFOTYPE)
    return out.getvalue()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.comment = COMMIT.encode()
        made.writestr("app/VERSION", "4.1.0\n")
        link = zipfile.ZipInfo("app/link")
        link.external_attr, link.create_system = 0o120777 << 16, 3
        made.writestr(link, "VERSION")
    return out.getvalue()


def main():
    folder = Path(sys.argv[1])
    plain = tar()
    for name, data in {
        "pax.tar": plain, "gnu.tar": tar(tarfile.GNU_FORMAT, None), "odd.tar": tar(odd=True),
        "old.tar": tar(tarfile.GNU_FORMAT, None, odd=True), "pax.tar.gz": gzip.compress(plain, mtime=0),
        "pax.tar.xz": lzma.compress(plain), "app.zip": zipped(),
    }.items():
        (folder / name).write_bytes(data)


main()
