"""Numbers the frames of a file, of which those that cannot be decoded count, too."""

import heapq

import av

from abnormal.video.stamps import StampKind, Stamps


class FrameNumbers:
    """Counts frames so that labels, which count all frames of a file, stay with their pictures.

    A picture is lost if its packet was read, its place in time is left empty, and no picture came
    for it; or, where there are no stamps, if the decoder reports an error. Packets that show
    nothing, such as the second field of a picture, have no place of their own.

    Attributes:
        lost: Number of frames so far that could not be decoded.
        lead_sec: How long the file goes on before the first picture, in seconds: it may have been
            cut from a longer one between two key frames.
    """

    def __init__(self, kind: StampKind) -> None:
        """Starts before the first packet.

        Args:
            kind: What the stamps of the container are worth.
        """
        self.lost = 0
        self.lead_sec = 0.0
        self._kind = kind
        self._waiting: list[float] = []  # heap of the stamps of packets, until a picture has come
        self._last: float | None = None  # stamp of the last picture
        self._errors = 0  # since the last picture
        self._is_cut_off = False  # whether the file ended within the last packet

    def add_packet(self, packet: av.Packet, stamps: Stamps) -> None:
        """Takes account of a packet that the decoder is given, with its stamps."""
        stamp = self._stamp(stamps)
        if is_shown(packet):
            self._is_cut_off = packet.is_corrupt
            if stamp is not None:
                heapq.heappush(self._waiting, stamp)

    def add_error(self) -> None:
        """Takes account of an error that the decoder reports."""
        self._errors += 1

    def lost_before(self, stamps: Stamps, spacing_sec: float) -> int:
        """Returns how many frames were lost between the last picture and the next one.

        Args:
            stamps: The stamps of the next picture.
            spacing_sec: The usual spacing of pictures, in seconds.
        """
        stamp, lost = self._stamp(stamps), self._errors
        if stamp is not None:
            if self._last is None and self._waiting:
                self.lead_sec = max(0.0, stamp - self._waiting[0])
            passed = 0
            while self._waiting and self._waiting[0] < stamp:
                heapq.heappop(self._waiting)
                passed += 1
            if self._waiting and self._waiting[0] == stamp:
                heapq.heappop(self._waiting)
            lost = min(passed, max(self._errors, self._places(stamp, spacing_sec) - 1))
            if self._last is None and self._errors and not self._kind.by_decoding:
                lost = passed  # the decoder waits in silence for the next picture to begin with
            self._last = stamp
        self._errors = 0
        self.lost += lost
        return lost

    def lost_at_end(self, spacing_sec: float) -> int:
        """Returns how many whole frames were lost after the last picture of the file."""
        lost = self._errors
        if self._kind.exist and self._waiting:
            empty = self._places(max(self._waiting), spacing_sec)
            lost = min(len(self._waiting), max(self._errors, empty))
        lost = max(0, lost - self._is_cut_off)
        self.lost += lost
        return lost

    def _stamp(self, stamps: Stamps) -> float | None:
        return stamps[self._kind.by_decoding] if self._kind.exist else None

    def _places(self, stamp: float, spacing_sec: float) -> int:
        """Returns how many frames fit between the last picture and a stamp, that one included."""
        return 0 if self._last is None else max(0, round((stamp - self._last) / spacing_sec))


def is_shown(packet: av.Packet) -> bool:
    """Tells whether a packet has a picture that a player would show.

    An edit list, as of a clip that was cut without encoding it again, hides some of them.
    """
    return packet.size > 0 and not packet.is_discard
