package money

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// job is a data request: what it has sold was sold when it was accepted.
type job struct {
	id                string
	sold              []*purchase
	asked, downloaded int
}

const fileName = "json/part-00000-2c3d41c2-99c2-43ff-a39c-7ad7063007cd-h000.json.gz"

func (p *provider) request(rw http.ResponseWriter, r *http.Request) {
	process, ok := p.caller(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client died while it was sending
	}
	var wanted struct {
		IDs []int64 `json:"ids"`
	}
	if err := json.Unmarshal(body, &wanted); !ok || err != nil || len(wanted.IDs) == 0 {
		p.fault("a job without ids is asked for: %s", body)
		respond(rw, http.StatusUnprocessableEntity, `{"detail":"no ids"}`)
		return
	}
	p.mu.Lock()
	var people []*person
	for _, id := range wanted.IDs {
		if who := p.people[id]; who != nil {
			people = append(people, who)
		}
	}
	number := p.now()
	p.mu.Unlock()
	fate := p.fate("request", number, weight{"503", 20}, weight{"not reached, dropped", 20}, weight{"not reached, 200 html", 10},
		weight{"dropped", 40}, weight{"201 html", 30}, weight{"201 {}", 30})
	if fate == "503" || strings.HasPrefix(fate, "not reached") {
		// After a 503 to a POST nobody can know either.
		p.mu.Lock()
		for _, who := range people {
			p.lose(who, "a job: "+fate)
		}
		p.mu.Unlock()
	}
	if foreigner(rw, fate) {
		return
	}
	switch fate {
	case "not reached, dropped":
		panic(http.ErrAbortHandler)
	case "not reached, 200 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusOK, blocked)
		return
	case "":
		fate = "whole"
	}
	p.mu.Lock()
	j := &job{id: fmt.Sprintf("433869ec-0a98-4dcd-9b13-%012d", number)}
	p.jobs[j.id], p.last = j, j
	for _, who := range people {
		if who.gone == 0 {
			j.sold = append(j.sold, p.buy(who, process, "job "+strconv.Itoa(number), fate))
		}
	}
	p.mu.Unlock()
	p.at(jobSold)
	switch fate {
	case "dropped":
		panic(http.ErrAbortHandler)
	case "201 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusCreated, blocked)
	case "201 {}":
		respond(rw, http.StatusCreated, `{}`)
	default:
		rw.Header().Set("Location", "/v2/data_requests/"+j.id+"/files")
		respond(rw, http.StatusCreated, `{"request_id": "`+j.id+`"}`)
		_ = http.NewResponseController(rw).Flush()
		p.at(jobSent)
	}
}

func (p *provider) job(rw http.ResponseWriter, r *http.Request) *job {
	_, ok := p.caller(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	j := p.jobs[r.PathValue("job")]
	if j == nil || !ok {
		respond(rw, http.StatusNotFound, `{"detail":"Not Found"}`)
		return nil
	}
	return j
}

// files lists the one file of a job, at the third time of asking at the latest.
func (p *provider) files(rw http.ResponseWriter, r *http.Request) {
	j := p.job(rw, r)
	if j == nil {
		p.fault("the files of a job that does not exist are asked for: %s", r.URL.Path)
		return
	}
	p.mu.Lock()
	j.asked++
	asked := j.asked
	p.mu.Unlock()
	fate := p.fate("files "+j.id, asked, weight{"503", 10}, weight{"dropped", 20}, weight{"200 html", 20}, weight{"200 {}", 20})
	if foreigner(rw, fate) {
		return
	}
	switch {
	case fate == "dropped":
		panic(http.ErrAbortHandler)
	case fate == "200 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusOK, blocked)
	case fate == "200 {}":
		respond(rw, http.StatusOK, `{}`)
	case asked <= p.chance("wait "+j.id, 0).IntN(3) || len(j.sold) == 0 && asked == 1:
		respond(rw, http.StatusAccepted, `{"message": "Data request is still being processed"}`)
	case len(j.sold) == 0:
		respond(rw, http.StatusNotFound, `{"detail":"Not Found"}`)
	default:
		respond(rw, http.StatusOK, `{"data_request_files": ["`+fileName+`"]}`)
	}
}

func (p *provider) file(rw http.ResponseWriter, r *http.Request) {
	j := p.job(rw, r)
	if j == nil || r.PathValue("name") != fileName {
		p.fault("a file that does not exist is asked for: %s", r.URL.Path)
		return
	}
	p.mu.Lock()
	j.downloaded++
	downloaded := j.downloaded
	p.mu.Unlock()
	fate := p.fate("file "+j.id, downloaded, weight{"503", 10}, weight{"dropped", 20}, weight{"cut", 40}, weight{"200 html", 20}, weight{"a line of another kind", 30})
	if foreigner(rw, fate) {
		return
	}
	var lines bytes.Buffer
	zipped := gzip.NewWriter(&lines)
	foreignLine := -1
	if fate == "a line of another kind" {
		foreignLine = p.chance("line "+j.id, downloaded).IntN(len(j.sold))
	}
	for i, sold := range j.sold {
		text := record(sold, p.chance("text", sold.number).IntN(10) == 0)
		if i == foreignLine {
			text = `{"detail":"Internal error"}`
		}
		_, _ = io.WriteString(zipped, text+"\n")
	}
	_ = zipped.Close()
	body := lines.String()
	rw.Header().Set("Content-Type", "application/gzip")
	switch fate {
	case "dropped":
		panic(http.ErrAbortHandler)
	case "200 html":
		rw.Header().Set("Content-Type", "text/html")
		respond(rw, http.StatusOK, blocked)
	case "cut":
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(rw, body[:len(body)/2])
		drop(rw)
	default:
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = io.WriteString(rw, body[:len(body)/2])
		_ = http.NewResponseController(rw).Flush()
		p.at(fileSent)
		_, _ = io.WriteString(rw, body[len(body)/2:])
	}
}
