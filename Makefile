# Short commands for a new user on a bare Debian 12. CMake and tools/ do the work.
#
#   make build   install the needed packages (with apt) and build the program, build/release/bin/selfnorm
#   make test    also install the packages of the tests, build and run every test
#   make demo    build, train a network on handwritten digits and print the accuracy
#   make docs    build the API reference with Doxygen: build/docs/html/index.html
#   make deb     build the Debian packages selfnorm and libselfnorm-dev: build/deb/*.deb
#   make clean   remove build/ (runs/ and trained models stay)
#
# PRESET=NAME selects another preset of CMakePresets.json, and JOBS=N the number of jobs.

PRESET ?= release
JOBS ?= $(shell nproc)
# The build folder of the packages, and its preset. CI uses the folder of its tests.
DEB_PRESET ?= release
DEB_BUILD ?= build/deb

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
	OMP_WAIT_POLICY=passive ctest --preset $(PRESET) -j $(JOBS)  # as many programs as cores

demo: build
	tools/demo.sh build/$(PRESET)/bin/selfnorm

docs:
	tools/install_dependencies.sh --docs
	mkdir -p build/docs
	doxygen docs/Doxyfile

deb:
	tools/install_dependencies.sh
	cmake --preset $(DEB_PRESET) -B $(DEB_BUILD) -DCMAKE_INSTALL_PREFIX=/usr -DSELFNORM_TESTS=OFF
	cmake --build $(DEB_BUILD) -j $(JOBS)
	cd $(DEB_BUILD) && cpack -B $(CURDIR)/build/deb

clean:
	rm -rf build
