# The clusterspec binary and nothing else. The build context is a folder that holds it: `make bin && docker build -f compose/reference.Dockerfile bin`.
FROM scratch
COPY clusterspec /clusterspec
WORKDIR /data
ENV TMPDIR=/data
EXPOSE 7000-7005 17000-17005
ENTRYPOINT ["/clusterspec"]
CMD ["cluster", "start", "--primaries", "3", "--replicas", "1", "--port", "7000", "--bind", "0.0.0.0", "--announce-ip", "127.0.0.1"]
