# A thin front for a new user on a bare Debian 12; the work is done by CMake and tools/.
#
#   make build   install what the build needs (with apt), build the program: build/release/bin/selfnorm
#   make test    install what the tests need too, build, run every test
#   make demo    build, train a self-normalizing network on handwritten digits, show what came of it
#   make clean   remove build/ (runs/ and what was trained stay)
#
# PRESET=dev and the other presets of CMakePresets.json, JOBS=N.

PRESET ?= release
JOBS ?= $(shell nproc)

.PHONY: help build test demo clean

help:
	@sed -n 's/^#   //p' Makefile

build:
	tools/install_dependencies.sh
	cmake --preset $(PRESET) -DSELFNORM_TESTS=OFF
	cmake --build --preset $(PRESET) -j $(JOBS)

test:
	tools/install_dependencies.sh --test
	cmake --preset $(PRESET) -DSELFNORM_TESTS=ON
	cmake --build --preset $(PRESET) -j $(JOBS)
	ctest --preset $(PRESET) -j $(JOBS)

demo: build
	tools/demo.sh build/$(PRESET)/bin/selfnorm

clean:
	rm -rf build
