# Watches cameras on a processor, with OpenVINO:
#
#   docker build --tag abnormal .
#   docker run --init --stop-timeout 60 --volume /srv/abnormal:/data abnormal
#
# The folder has model.h5 and cameras.csv, and the user 10001 has to be able to write into it, because
# results go there. docs/LIVE.md says more.

FROM python:3.12-slim-bookworm AS build
RUN python -m venv /opt/abnormal
ENV PATH=/opt/abnormal/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
# What the program needs changes more rarely than the program, and is a layer of its own. The
# TensorFlow for processors alone is smaller than the one that setup.cfg asks for.
COPY deploy/requirements.py setup.cfg ./
RUN python requirements.py setup.cfg openvino mqtt page > requirements.txt \
    && pip install --requirement requirements.txt
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY abnormal abnormal
RUN pip install --no-deps .

FROM python:3.12-slim-bookworm
COPY --from=build /opt/abnormal /opt/abnormal
RUN useradd --uid 10001 --no-create-home --home-dir /data abnormal \
    && install --directory --owner=abnormal /data
ENV PATH=/opt/abnormal/bin:$PATH \
    ABNORMAL_CACHE=/tmp/abnormal \
    KERAS_HOME=/tmp/keras \
    MPLCONFIGDIR=/tmp/matplotlib
USER 10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["abnormal-test"]
CMD ["--model", "model.h5", "--cameras", "cameras.csv", "--log-format", "json"]
