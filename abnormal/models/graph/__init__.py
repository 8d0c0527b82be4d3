"""Networks of stock layers, written in OpenVINO's operations; only importable with OpenVINO."""

from abnormal.models.packages import import_openvino

import_openvino()  # without its telemetry, before a module of this package imports it
