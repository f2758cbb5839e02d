// tlog_reader.go: the ledger's log through Go's own verifier (golang.org/x/mod/sumdb, as Debian has it): the note by
// note.Open, tiles by tlog.TileHashReader, which believes no tile that does not come to the signed root.
// usage: tlog_reader URL-OF-THE-LOG [OLDER-CHECKPOINT]    SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // 256 hashes in a tile

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		os.Exit(1)
	}
	return value
}

func get(url string) ([]byte, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", url, answer.Status)
	}
	return body, err
}

// C2SP's tlog-tiles leave the height out, which Go's own paths name. A partial tile may be gone: the full one has its beginning.
type tiles struct{ log string }

func (t tiles) one(kind string, tile tlog.Tile, most int) ([]byte, error) {
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/%s", height, kind), "tile/"+kind, 1)
	if kind == "data" {
		path = strings.Replace(path, "tile/data", "tile/entries", 1)
	}
	data, err := get(t.log + "/" + path)
	if err != nil && strings.Contains(path, ".p/") {
		data, err = get(t.log + "/" + path[:strings.Index(path, ".p/")])
	}
	if most > 0 && len(data) > most {
		data = data[:most]
	}
	return data, err
}
func (t tiles) Height() int { return height }
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, err := t.one("", tile, tile.W*tlog.HashSize)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func tree(signed []byte, verifier note.Verifier) tlog.Tree {
	opened := must(note.Open(signed, note.VerifierList(verifier)))
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		must(0, fmt.Errorf("the origin is %q, the key's name %q", lines[0], verifier.Name()))
	}
	return tlog.Tree{N: must(strconv.ParseInt(lines[1], 10, 64)), Hash: must(tlog.ParseHash(lines[2]))}
}

func main() {
	reading := tiles{os.Args[1]}
	verifier := must(note.NewVerifier(strings.TrimSpace(string(must(get(reading.log + "/key"))))))
	now := tree(must(get(reading.log+"/checkpoint")), verifier)
	hashes := tlog.TileHashReader(now, reading)
	if root := must(tlog.TreeHash(now.N, hashes)); root != now.Hash {
		must(0, fmt.Errorf("the tiles come to %v, the checkpoint says %v", root, now.Hash))
	}
	read := int64(0)
	for read < now.N {
		width := now.N - read
		if width > 1<<height {
			width = 1 << height
		}
		bundle := must(reading.one("data", tlog.Tile{H: height, L: -1, N: read >> height, W: int(width)}, 0))
		for ; width > 0; width-- {
			size := binary.BigEndian.Uint16(bundle)
			entry := bundle[2 : 2+size]
			bundle = bundle[2+size:]
			proof := must(tlog.ProveRecord(now.N, read, hashes))
			must(0, tlog.CheckRecord(proof, now.N, now.Hash, read, tlog.RecordHash(entry)))
			read++
		}
	}
	fmt.Printf("%d entries of %s, each proved\n", read, verifier.Name())
	if len(os.Args) > 2 {
		older := tree(must(os.ReadFile(os.Args[2])), verifier)
		proof := must(tlog.ProveTree(now.N, older.N, hashes))
		must(0, tlog.CheckTree(proof, now.N, now.Hash, older.N, older.Hash))
		fmt.Printf("goes on from %d entries\n", older.N)
	}
}
