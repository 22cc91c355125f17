# clusterspec for load from containers: `bench worker` and `bench merge`. `make bench-image` builds it, from a folder that holds the program.
#
#   docker run --rm clusterspec/bench worker --help
FROM scratch
COPY clusterspec /clusterspec
WORKDIR /reports
ENTRYPOINT ["/clusterspec", "bench"]
