// A Go app on the standard library, with sessions in files that all instances share, and with pages and JSON.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

type session struct {
	User  string
	Items []string
}

var (
	folder = os.Getenv("HOST_DIR")
	broken = os.Getenv("BROKEN")
	name   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// load reads a session. It returns the path of its file and the session.
func load(r *http.Request) (string, *session) {
	cookie, err := r.Cookie("gosession")
	if err != nil || !name.MatchString(cookie.Value) {
		return "", nil
	}
	path := filepath.Join(folder, cookie.Value)
	file, err := locked(path, syscall.LOCK_SH)
	if err != nil {
		return "", nil
	}
	defer file.Close()
	var s session
	if json.NewDecoder(file).Decode(&s) != nil {
		return "", nil
	}
	return path, &s
}

// locked opens and locks an existing file. It fails if the file was removed before the lock was taken.
func locked(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	var stat syscall.Stat_t
	err = syscall.Flock(int(file.Fd()), how)
	if err == nil {
		err = syscall.Fstat(int(file.Fd()), &stat)
	}
	if err == nil && stat.Nlink == 0 {
		err = os.ErrNotExist
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// change changes a session, one request at a time. It does not restore a session after its logout.
func change(path string, change func(*session)) error {
	file, err := locked(path, syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer file.Close()
	var s session
	if err := json.NewDecoder(file).Decode(&s); err != nil {
		return err
	}
	change(&s)
	text, _ := json.Marshal(s)
	if _, err := file.WriteAt(text, 0); err != nil {
		return err
	}
	return file.Truncate(int64(len(text)))
}

func create(s session) (string, error) {
	bytes := make([]byte, 16)
	rand.Read(bytes)
	id := hex.EncodeToString(bytes)
	text, _ := json.Marshal(s)
	return id, os.WriteFile(filepath.Join(folder, id), text, 0o600)
}

func cookie(value string, age int) *http.Cookie {
	c := &http.Cookie{Name: "gosession", Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if broken == "1" {
		// Defect 1: scripts can read the cookie.
		c.HttpOnly = false
	}
	return c
}

func main() {
	if broken == "2" {
		// Defect 2: each instance has a folder of its own for the sessions.
		folder = filepath.Join(folder, os.Args[1])
		os.MkdirAll(folder, 0o700)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<form method="post" action="/session"><input type="text" name="account"><input type="password" name="secret"><input type="submit" value="Log in"></form>`)
	})
	mux.HandleFunc("POST /session", func(w http.ResponseWriter, r *http.Request) {
		user := r.FormValue("account")
		if (user != "alice" && user != "bob") || r.FormValue("secret") != os.Getenv("PASSWORD") {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, "wrong")
			return
		}
		id, err := create(session{User: user})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.SetCookie(w, cookie(id, 0))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		_, s := load(r)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if s == nil {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<p>Forbidden. <a href="/login">Log in</a></p>`)
			return
		}
		fmt.Fprintf(w, `<div id="user" title="%s">You</div><a href="/logout">Log out</a><table>`, s.User)
		for _, item := range s.Items {
			fmt.Fprintf(w, "<tr><td>%s</td></tr>", html.EscapeString(item))
		}
		fmt.Fprint(w, `</table><form method="post" action="/items"><textarea name="item"></textarea><button>Keep</button></form>`)
	})
	mux.HandleFunc("POST /items", func(w http.ResponseWriter, r *http.Request) {
		path, s := load(r)
		item := r.FormValue("item")
		if s == nil || change(path, func(s *session) { s.Items = append(s.Items, item) }) != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /logout", func(w http.ResponseWriter, r *http.Request) {
		if path, s := load(r); s != nil {
			if file, err := locked(path, syscall.LOCK_EX); err == nil {
				os.Remove(path)
				file.Close()
			}
		}
		http.SetCookie(w, cookie("", -1))
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	})
	if err := http.ListenAndServe("127.0.0.1:"+os.Args[1], mux); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
