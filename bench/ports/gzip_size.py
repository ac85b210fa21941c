"""How large data is when compressed: counted while it streams, on all processors, and the same everywhere.

Level 6 is what registries mostly hold. Blocks are compressed apart from each other, each knowing the 32 KiB before it,
and together are one gzip stream: the way of pigz (https://zlib.net/pigz/), which costs under 0.1 % of size. The result
depends on the data and on zlib alone, not on how many processors there are or in what pieces the data came.
"""

from __future__ import annotations

import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

LEVEL = 6
BLOCK_BYTES = 1 << 20
_WINDOW_BYTES = 1 << 15
# The header, the last (empty) deflate block, and the checksum with the length: RFC 1952, section 2.3.
_FRAME_BYTES = 10 + 2 + 8
CODEC = f"gzip -{LEVEL} in blocks of 1 MiB, zlib {zlib.ZLIB_RUNTIME_VERSION}"


class GzipSize:
    """Counts one stream. At most `ahead` blocks wait for the pool's threads, so memory stays bounded."""

    def __init__(self, pool: ThreadPoolExecutor, *, ahead: int) -> None:
        self._pool = pool
        self._ahead = ahead
        self._buffer = bytearray()
        self._window = b""
        self._waiting: deque[Future[int]] = deque()
        self._bytes = _FRAME_BYTES

    def feed(self, data: bytes) -> None:
        """Take the next piece, of any size."""
        self._buffer += data
        while len(self._buffer) >= BLOCK_BYTES:
            self._submit(bytes(self._buffer[:BLOCK_BYTES]))
            del self._buffer[:BLOCK_BYTES]

    def finish(self) -> int:
        """The size of the whole stream in bytes."""
        if self._buffer:
            self._submit(bytes(self._buffer))
            self._buffer.clear()
        while self._waiting:
            self._bytes += self._waiting.popleft().result()
        return self._bytes

    def _submit(self, block: bytes) -> None:
        while len(self._waiting) >= self._ahead:
            self._bytes += self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(_block_size, block, self._window))
        self._window = block[-_WINDOW_BYTES:]


def _block_size(block: bytes, window: bytes) -> int:
    deflate = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS, zdict=window)
    return len(deflate.compress(block)) + len(deflate.flush(zlib.Z_SYNC_FLUSH))
