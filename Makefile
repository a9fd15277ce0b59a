# Kerr: build, test, measure, install. `make help` lists the targets.
PREFIX      ?= /usr/local
DESTDIR     ?=
OUT         ?= out
DOTNET      ?= dotnet
FRAMEWORK    = $(if $(KerrTargetFramework),-p:KerrTargetFramework=$(KerrTargetFramework))
PUBLISH      = $(DOTNET) publish -c Release -v quiet --nologo $(FRAMEWORK)
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1
export MSBUILDDISABLENODEREUSE = 1

.PHONY: help deps build run test test-long bench install install-setuid package fmt lint clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile

deps: ## install the Debian packages that building and testing need; as root also chmod 0666 /dev/fuse
	@tools/install-packages

build: ## the relocatable tree out/
	@tools/build-tree "$(OUT)" $(FRAMEWORK)

run: deps build ## the main job: make a small SIF and run it as an ordinary user (root: of the account kerr-demo, made for it)
	@tools/main-job "$(OUT)"

test: deps build ## all tests; races and mutation at reduced rounds
	@test/run

test-long: deps build ## all tests, races and mutation in full
	@KERR_LONG=1 test/run

bench: deps build ## the measurements of docs/performance.md
	@bench/all

install: build ## copy the tree to $(DESTDIR)$(PREFIX)
	@tools/install-tree "$(OUT)" "$(DESTDIR)$(PREFIX)" "$(DESTDIR)" "$(PREFIX)"

install-setuid: install ## as `install`, and the setuid starter; root only, see docs/security.md
	@tools/install-setuid "$(OUT)" "$(DESTDIR)$(PREFIX)"

package: ## the image library as NuGet packages in packages/
	@tools/pack-library packages

fmt: ## format the sources
	@$(DOTNET) format kerr.slnx

lint: deps ## formatting and analyzers
	@tools/lint

clean: ## remove what was built
	@rm -rf "$(OUT)" packages; find src test bench -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
