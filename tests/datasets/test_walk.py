"""What is taken for a video below a folder, and what is passed over, with its reason."""

import logging
import os
import shutil
import socket

import av
import numpy as np
import PIL.Image
import pytest

from abnormal.datasets.folder import find, find_all
from abnormal.datasets.walk import walk
from abnormal.errors import AbnormalError
from abnormal.files import sha256
from abnormal.video.decode import open_video
from abnormal.video.probe import holds_video

FRAMES = 12


def encode(path, picture_of, container, codec, kind="yuv420p", rate=25):
    with av.open(f"file:{path}", "w", format=container) as file:
        track = file.add_stream(codec, rate=rate)
        track.height, track.width, track.pix_fmt = 64, 96, kind
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(picture_of(number, 64, 96), format="gray")
            file.mux(track.encode(frame.reformat(format=kind)))
        file.mux(track.encode())


@pytest.mark.parametrize(
    ("name", "container", "codec", "kind"),
    [
        ("a.264", "h264", "libx264", "yuv420p"),
        ("a.dav", "h264", "libx264", "yuv420p"),
        ("a.265", "hevc", "libx265", "yuv420p"),
        ("a.h265", "hevc", "libx265", "yuv420p"),
        ("a.mjpg", "mjpeg", "mjpeg", "yuvj420p"),
        ("a.asf", "asf", "wmv2", "yuv420p"),
        ("a.y4m", "yuv4mpegpipe", "wrapped_avframe", "yuv420p"),
        ("a.nut", "nut", "ffv1", "gray"),
        ("a.ogg", "ogg", "libvpx", "yuv420p"),
        ("a", "mpegts", "libx264", "yuv420p"),
        ("a.xyz", "matroska", "ffv1", "gray"),
    ],
)
def test_a_video_is_one_whatever_it_is_called(
    tmp_path, picture_of, number_of, name, container, codec, kind
):
    encode(tmp_path / name, picture_of, container, codec, kind)
    (video,) = find(tmp_path)
    with video.open_frames() as stream:
        assert [number_of(frame.image) for frame in stream.frames] == list(range(FRAMES))


@pytest.mark.parametrize("suffix", ["ppm", "jfif", "jp2", "gif", "bmp"])
def test_a_folder_of_pictures_in_any_format_is_a_video(tmp_path, make_pictures, number_of, suffix):
    make_pictures(tmp_path / "gate", names="{:03d}." + suffix)
    (video,) = find(tmp_path)
    with video.open_frames() as stream:
        assert [number_of(frame.image) for frame in stream.frames] == list(range(12))


def sound(path):
    with av.open(str(path), "w", format="mp3") as file:
        track = file.add_stream("libmp3lame", rate=16000)
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 16000), np.float32), format="fltp", layout="mono"
        )
        frame.rate = 16000
        file.mux(track.encode(frame))
        file.mux(track.encode())


def test_everything_else_is_named_with_the_reason(tmp_path, make_video, make_pictures, caplog):
    make_video(tmp_path / "a.mp4")
    for name in ("notes.txt", "README", "film.mp4.part", "x.xyz", "empty.dav"):
        (tmp_path / name).write_text("hello" if name != "empty.dav" else "")
    (tmp_path / "noise.bin").write_bytes(np.random.default_rng(0).bytes(100_000))
    sound(tmp_path / "sound.mp3")
    sound(tmp_path / "sound.xyz")
    shutil.copy(make_pictures(tmp_path / "one", 1) / "000.png", tmp_path / "poster.png")
    shutil.rmtree(tmp_path / "one")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "gone").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.mp4"))
    caplog.set_level(logging.DEBUG, "abnormal")
    videos, passed_over = find_all(tmp_path)
    passed_over.log_summary()
    assert [video.name for video in videos] == ["a"]
    assert {path.name for path in passed_over.harmless} == {
        *("notes.txt", "film.mp4.part", "poster.png", "sound.mp3")
    }
    unread = {path.name: reason for path, reason in passed_over.unread.items()}
    assert unread == {
        **dict.fromkeys(
            ("README", "x.xyz", "empty.dav", "noise.bin", "sound.xyz"),
            "no video can be read from it",
        ),
        "pipe.mp4": "it is a pipe, a socket or a device",
        "socket.mp4": "it is a pipe, a socket or a device",
        "gone": "it is a link to nothing",
    }
    assert caplog.messages[0].startswith("passed over: 2 .mp4, ")
    assert f"  passed over: {tmp_path / 'pipe.mp4'}: it is a pipe, a socket or a device" in (
        caplog.messages
    )


HLS = (
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:9\n#EXTINF:8,\n../secret/a.ts\n"
    "#EXT-X-ENDLIST\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("list.xyz", "ffconcat version 1.0\nfile ../secret/a.ts\n"), ("list.m3u8", HLS)],
)
def test_a_playlist_does_not_lead_to_other_files(tmp_path, make_video, name, text):
    make_video(tmp_path / "secret" / "a.ts")
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / name
    path.write_text(text)
    assert walk(tmp_path / "own").videos == []
    assert not holds_video(path)
    assert holds_video(tmp_path / "secret" / "a.ts")


def test_folders_of_masks_beside_a_video_are_no_videos(tmp_path, make_video, make_pictures):
    make_video(tmp_path / "gate.mp4", 1)
    for mark in ("_gt", "_masks", "_annotations"):
        make_pictures(tmp_path / f"gate{mark}", 3)
    make_pictures(tmp_path / "yard_annotations", 3)
    assert [video.name for video in find(tmp_path)] == ["gate", "yard_annotations"]


def test_a_pipe_by_itself_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(AbnormalError, match=r"pipe\.mp4 is a pipe, a socket or a device"):
        find(tmp_path / "pipe.mp4")


def test_folders_that_link_to_each_other_are_read_once(tmp_path, make_video):
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        make_video(tmp_path / name / f"of_{name}.mp4", 1)
        (tmp_path / name / f"to_{other}").symlink_to(f"../{other}")
    assert [video.name for video in find(tmp_path)] == ["a/of_a", "b/of_b", "c/of_c"]


def test_many_links_to_one_folder_do_not_multiply(tmp_path, make_video):
    make_video(tmp_path / "outside" / "0" / "x.mp4", 1)
    for number in range(1, 20):  # two ways on each level: half a million in all
        level = tmp_path / "outside" / str(number)
        level.mkdir()
        for way in ("left", "right"):
            (level / way).symlink_to(f"../{number - 1}")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "archive").symlink_to(tmp_path / "outside" / "19")
    assert len(find(tmp_path / "own")) == 1


def test_a_folder_that_may_not_be_read_costs_only_itself(tmp_path, make_video, monkeypatch):
    from abnormal.datasets import walk as module

    make_video(tmp_path / "a.mp4", 1)
    (tmp_path / "closed").mkdir()
    plain = module.list_folder

    def refuse(folder):
        if folder.name == "closed":
            raise AbnormalError("it may not be read")
        return plain(folder)

    monkeypatch.setattr(module, "list_folder", refuse)
    found = walk(tmp_path)
    assert found.videos == [tmp_path / "a.mp4"]
    assert found.passed_over.unread == {tmp_path / "closed": "it may not be read"}


def test_masks_beside_a_video_are_no_videos(tmp_path, make_video, make_pictures):
    make_video(tmp_path / "cart" / "gate.mp4")
    make_pictures(tmp_path / "cart" / "gate_gt")
    make_pictures(tmp_path / "cart" / "yard")
    make_pictures(tmp_path / "cart" / "yard_masks")
    make_pictures(tmp_path / "cart" / "yard" / "masks")
    videos, passed_over = find_all(tmp_path)
    assert [video.name for video in videos] == ["cart/gate", "cart/yard"]
    assert {path.name for path in passed_over.unread} == {"gate_gt", "yard_masks", "masks"}


def test_labels_further_down_are_not_ignored_silently(tmp_path, make_video, make_pictures):
    make_video(tmp_path / "cart" / "gate.mp4")
    (tmp_path / "cart" / "labels.csv").write_text("video,start_frame,end_frame\ngate,1,2\n")
    make_pictures(tmp_path / "cart" / "labels" / "gate")
    make_video(tmp_path / "masks" / "thief.mp4")  # a situation of that name
    videos, passed_over = find_all(tmp_path)
    assert [video.name for video in videos] == ["cart/gate", "masks/thief"]
    assert {str(path.relative_to(tmp_path)) for path in passed_over.unread} == {
        "cart/labels.csv",
        "cart/labels",
    }


def test_a_pipe_among_frames_is_not_waited_for(tmp_path, make_pictures, number_of):
    make_pictures(tmp_path / "gate", 3)
    os.mkfifo(tmp_path / "gate" / "003.png")
    (tmp_path / "gate" / "004.png").mkdir()
    (video,) = find(tmp_path)
    with video.open_frames() as stream:
        assert [number_of(frame.image) for frame in stream.frames] == [0, 1, 2]
    assert len(sha256(video.path)) == 64


def test_a_name_is_short_enough_for_all_files_made_of_it(tmp_path, make_video):
    made = make_video(tmp_path / "made.mp4", 1)
    (tmp_path / "own").mkdir()
    for end in ("a", "b"):
        shutil.copy(made, tmp_path / "own" / (os.fsdecode(b"\xe9" * 240) + f"{end}.mp4"))
    names = [video.name for video in find(tmp_path / "own")]
    assert len(set(names)) == 2
    assert {len(name.encode()) for name in names} == {150}


def animated(path, picture_of, number_of_pages=FRAMES, **options):
    pages = [PIL.Image.fromarray(picture_of(number)) for number in range(number_of_pages)]
    pages[0].save(path, save_all=True, append_images=pages[1:], **options)


@pytest.mark.parametrize(
    ("name", "options", "fps"),
    [
        ("a.tif", {}, None),
        ("a.tiff", {"compression": "tiff_lzw"}, None),
        ("a.gif", {"duration": 40}, 25.0),
        ("a.png", {"duration": 50}, 20.0),
        ("a.apng", {"duration": 50}, 20.0),
        ("a.webp", {"duration": 100, "lossless": True}, 10.0),
    ],
)
def test_a_picture_with_several_pages_is_a_video(
    tmp_path, picture_of, number_of, name, options, fps
):
    (tmp_path / "cart").mkdir()
    animated(tmp_path / "cart" / name, picture_of, **options)
    (video,) = find(tmp_path)
    assert (video.name, video.split) == ("cart/a", "testing")
    with video.open_frames() as stream:
        frames = list(stream.frames)
    assert [number_of(frame.image) for frame in frames] == list(range(FRAMES))
    assert (stream.fps, stream.length) == (pytest.approx(fps) if fps else None, FRAMES)
    assert [frame.time_sec for frame in frames] == pytest.approx(
        [number / (fps or 25) for number in range(FRAMES)]
    )
    assert number_of(frames[3].get_rgb()[..., 0]) == 3


def test_frames_with_a_thumbnail_are_no_videos(tmp_path, picture_of):
    for number in range(3):
        pages = [PIL.Image.fromarray(picture_of(number, 32 >> page, 48)) for page in (0, 1)]
        pages[0].save(tmp_path / f"{number}.tif", save_all=True, append_images=pages[1:])
    (video,) = find(tmp_path)
    assert video.path == tmp_path


def test_the_track_that_a_player_shows_is_read(tmp_path, picture_of, number_of):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as file:
        tracks = [file.add_stream("ffv1", rate=25) for _ in range(2)]
        for first, track in zip((100, 0), tracks, strict=True):
            track.height, track.width, track.pix_fmt = 32, 48, "gray"
            track.disposition = av.stream.Disposition(first == 0)
        for number in range(FRAMES):
            for first, track in zip((100, 0), tracks, strict=True):
                frame = av.VideoFrame.from_ndarray(picture_of(first + number), format="gray")
                file.mux(track.encode(frame))
        for track in tracks:
            file.mux(track.encode())
    with open_video(path) as stream:
        assert [number_of(frame.image) for frame in stream.frames] == list(range(FRAMES))


@pytest.mark.parametrize("container", ["mp4", "avi", "mkv"])
def test_tags_may_have_any_encoding(tmp_path, picture_of, container):
    path = tmp_path / f"a.{container}"
    with av.open(str(path), "w") as file:
        file.metadata["title"] = "STRASSE"
        track = file.add_stream("mpeg4", rate=25)
        track.height, track.width, track.pix_fmt = 32, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture_of(1), format="gray").reformat(format="yuv420p")
        file.mux(track.encode(frame))
        file.mux(track.encode())
    path.write_bytes(path.read_bytes().replace(b"STRASSE", b"STRA\xdfE!"))
    with open_video(path) as stream:
        assert len(list(stream.frames)) == 1
