# A thin front for a new user on a bare Debian 12; the work is done by CMake and tools/.
#
#   make build   install what the build needs (with apt), build the program: build/release/bin/selfnorm
#   make test    install what the tests need too, build, run every test
#   make demo    build, train a self-normalizing network on handwritten digits, print the accuracy
#   make docs    build the API reference with Doxygen: build/docs/html/index.html
#   make deb     build the Debian packages selfnorm and libselfnorm-dev: build/deb/*.deb
#   make clean   remove build/ (runs/ and trained models stay)
#
# PRESET=dev and the other presets of CMakePresets.json, JOBS=N.

PRESET ?= release
JOBS ?= $(shell nproc)

.PHONY: help build test demo docs deb clean

help:
	@sed -n 's/^#   //p' Makefile

build:
	tools/install_dependencies.sh
	tools/build.sh $(PRESET) $(JOBS) -DSELFNORM_TESTS=OFF

test:
	tools/install_dependencies.sh --test
	cmake --preset $(PRESET) -DSELFNORM_TESTS=ON
	cmake --build --preset $(PRESET) -j $(JOBS)
	ctest --preset $(PRESET) -j $(JOBS)

demo: build
	tools/demo.sh build/$(PRESET)/bin/selfnorm

docs:
	tools/install_dependencies.sh --docs
	mkdir -p build/docs
	doxygen docs/Doxyfile

deb:
	tools/install_dependencies.sh
	cmake --preset release -B build/deb -DCMAKE_INSTALL_PREFIX=/usr -DSELFNORM_TESTS=OFF
	cmake --build build/deb -j $(JOBS)
	cd build/deb && cpack

clean:
	rm -rf build
