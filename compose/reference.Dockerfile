# The reference cluster and nothing else. `make image` builds it, from a folder that holds the program and an empty folder for its data.
#
#   docker run --rm -p 7000-7005:7000-7005 clusterspec/reference                                  # redis-cli -c -p 7000
#   docker run --rm -p 9000-9005:9000-9005 -e CLUSTERSPEC_PORT=9000 clusterspec/reference         # on other ports: the same inside and outside
#   docker run --rm -p 7000-7002:7000-7002 clusterspec/reference --replicas 0
FROM scratch
COPY clusterspec /clusterspec
COPY --chown=65532:65532 data /data
USER 65532:65532
WORKDIR /data
ENV TMPDIR=/data CLUSTERSPEC_PORT=7000
EXPOSE 7000-7005 17000-17005
HEALTHCHECK --interval=2s --timeout=3s --start-period=5s CMD ["/clusterspec", "cluster", "check"]
ENTRYPOINT ["/clusterspec", "cluster", "start", "--bind", "0.0.0.0", "--announce-ip", "127.0.0.1"]
