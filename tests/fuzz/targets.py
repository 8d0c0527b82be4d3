"""What is fed with damaged files: each reader, with intact files of its own format."""

from abnormal.errors import AbnormalError
from tests.fuzz.mutations import damage_json
from tests.fuzz.readers.calibrations import (
    damage_arrays,
    look_at_calibration,
    look_at_event_cells,
    look_at_regime,
    make_calibration,
    make_event_cells,
    make_regime,
)
from tests.fuzz.readers.checkpoints import damage_checkpoint, make_checkpoint, read_checkpoint
from tests.fuzz.readers.footage import (
    look_at_picture,
    make_pages,
    make_pictures,
    make_playlist,
    make_videos,
    read_pages,
    read_video,
    watch_playlist,
)
from tests.fuzz.readers.img import (
    look_at_manifest,
    look_at_matching,
    make_img,
    make_label_files,
    make_manifest,
    make_matching,
    read_label_file,
    read_stored_masks,
)
from tests.fuzz.readers.live import (
    damage_event_log,
    look_at_cameras,
    make_cameras,
    make_event_log,
    make_queue,
    read_event_log,
    read_queue,
)
from tests.fuzz.readers.models import (
    damage_model,
    make_kept_forms,
    make_models,
    read_kept_forms,
    read_model,
)
from tests.fuzz.target import Target

TARGETS = {
    "video": Target(make_videos, read_video),
    "picture": Target(make_pictures, look_at_picture),
    "pages": Target(make_pages, read_pages),
    "labels": Target(make_label_files, read_label_file),
    "masks": Target(lambda f: sorted(make_img(f).iterdir()), read_stored_masks),
    "matching": Target(make_matching, look_at_matching),
    "manifest": Target(make_manifest, look_at_manifest, damage_json, quick=60),
    "model": Target(make_models, read_model, damage_model, quick=30),
    "checkpoint": Target(
        make_checkpoint, read_checkpoint, damage_checkpoint, (AbnormalError, ValueError), 60
    ),
    "calibration": Target(
        make_calibration, look_at_calibration, damage_json, (ValueError, AbnormalError), 60
    ),
    "regime": Target(make_regime, look_at_regime, damage_arrays, (AbnormalError, OSError)),
    "forms": Target(make_kept_forms, read_kept_forms, damage_json, quick=60),
    "event_cells": Target(make_event_cells, look_at_event_cells, damage_arrays),
    "webhook": Target(make_queue, read_queue, quick=20),
    "cameras": Target(make_cameras, look_at_cameras),
    "events": Target(make_event_log, read_event_log, damage_event_log, quick=60),
    "playlist": Target(make_playlist, watch_playlist, quick=6),
}
