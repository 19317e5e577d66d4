# Everything that loggia needs beyond Go and make is installed by `make test`.

BIN := bin/loggia

.PHONY: all build run test bench lint fmt generate tools clean

all: build

build: ## compile bin/loggia
	go build -o $(BIN) ./cmd/loggia

run: build ## open the shell on ./var, with the engine in the same process
	$(BIN) --state var

test: tools lint ## install what the tests need, then check and test everything
	go test -race -timeout 15m ./...

bench: ## measure
	go test -run '^$$' -bench . -benchmem ./...

lint: ## formatting, vet, staticcheck
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not gofmt-ed: $$files"; exit 1; fi
	go vet ./...
	go tool staticcheck ./...

fmt:
	gofmt -w $$(git ls-files '*.go')

generate: ## compile the YANG modules
	go generate ./...

# The tests run real peers: logger, rsyslog, tmux.
tools:
	@sh testdata/install.sh

clean:
	rm -rf bin var
