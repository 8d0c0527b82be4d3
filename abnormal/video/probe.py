"""Finds out whether a file of an unknown kind is a video, by trying to decode its first frame."""

import itertools
import mimetypes
from pathlib import Path

import av

from abnormal.video.decode import shown_track
from abnormal.video.hosts import SELF_CONTAINED

_MOST_PACKETS = 300
"""If so many packets give no picture, the file is none: noise can look like a video for long."""

_NO_VIDEO_SUFFIXES = {
    *(".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst"),
    *(".bak", ".crdownload", ".db", ".download", ".lnk", ".lock", ".log", ".md5", ".part"),
    *(".partial", ".sha256", ".sqlite", ".tmp", ".torrent", ".url"),
    *(".aac", ".aiff", ".flac", ".m4a", ".mid", ".mp3", ".opus", ".wav", ".wma"),
    *(".ass", ".idx", ".srt", ".ssa", ".sub", ".vtt"),
    *(".m3u", ".m3u8", ".mpd", ".pls", ".xspf"),
    *(".csv", ".ini", ".json", ".jsonl", ".m", ".md", ".nfo", ".toml", ".txt", ".xml", ".yaml"),
    *(".yml", ".h5", ".hdf5", ".keras", ".mat", ".npy", ".npz", ".onnx", ".pkl", ".pt", ".pth"),
    *(".doc", ".docx", ".odt", ".pdf", ".ppt", ".pptx", ".rtf", ".xls", ".xlsx"),
    *(".c", ".cpp", ".css", ".dll", ".exe", ".ipynb", ".js", ".py", ".pyc", ".sh", ".so"),
}
"""Suffixes of files that are no videos. Others are tried, because recorders invent suffixes."""

_NO_VIDEO_TYPES = ("text/", "image/", "font/", "message/")


def is_no_video(path: Path) -> bool:
    """Whether the suffix of a file name is one of a text, a sound, an archive or the like."""
    suffix = path.suffix.lower()
    kind = mimetypes.guess_type(f"x{suffix}")[0] or ""
    return suffix in _NO_VIDEO_SUFFIXES or kind.startswith(_NO_VIDEO_TYPES)


def holds_video(path: Path) -> bool:
    """Whether the first frame of a video can be decoded from a file, whatever its name says.

    Single pictures, covers of music and playlists that name other files are no videos.
    """
    try:
        with av.open(
            f"file:{path}",
            metadata_errors="replace",
            options={"protocol_whitelist": "file", "format_whitelist": SELF_CONTAINED},
        ) as container:
            track = shown_track(container)
            if track is None or _is_picture(container.format.name):
                return False
            packets = itertools.islice(container.demux(track), _MOST_PACKETS)
            return any(_has_picture(packet) for packet in packets)
    except Exception:  # it may be anything, and FFmpeg's wrapper fails at it in any way
        return False


def _has_picture(packet: av.Packet) -> bool:
    try:
        return bool(packet.decode())
    except av.error.FFmpegError:
        return False


def _is_picture(container: str) -> bool:
    names = container.split(",")
    return any(name.endswith("_pipe") or name in ("image2", "tty") for name in names)
