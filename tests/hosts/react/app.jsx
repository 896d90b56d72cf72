/** The browser's part of the React host: a login, and a list to which the user adds items. */
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

/** Sends JSON to the API. Returns the JSON of the response, or null if the session is unknown. */
async function api(method, path, data) {
  const response = await fetch(`/api${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: data && JSON.stringify(data),
  });
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(`expected ${method} ${path} to succeed, got status ${response.status}`);
  return response.status === 204 ? null : response.json();
}

function Login({ onUser }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [refused, setRefused] = useState(false);
  const submit = async event => {
    event.preventDefault();
    const user = await api('POST', '/login', { email, password });
    if (user) onUser(user);
    else setRefused(true);
  };
  return (
    <form onSubmit={submit}>
      <input
        type="email"
        placeholder="Email"
        value={email}
        onChange={event => setEmail(event.target.value)}
      />
      <input
        type="password"
        placeholder="Password"
        value={password}
        onChange={event => setPassword(event.target.value)}
      />
      <button type="submit">Sign in</button>
      {refused && <p role="alert">Wrong email or password</p>}
    </form>
  );
}

function List({ user, onEnd }) {
  const [items, setItems] = useState([]);
  const [title, setTitle] = useState('');
  useEffect(() => {
    api('GET', '/items').then(found => found && setItems(found));
  }, []);
  const add = async event => {
    event.preventDefault();
    const item = await api('POST', '/items', { title });
    if (item === null) return onEnd();
    setItems([...items, item]);
    setTitle('');
  };
  const logout = () => api('POST', '/logout').then(onEnd);
  return (
    <>
      <header>
        {user.name}{' '}
        <button type="button" onClick={logout}>
          Sign out
        </button>
      </header>
      <ul>
        {items.map(item => (
          <li key={item.id}>{item.title}</li>
        ))}
      </ul>
      <form onSubmit={add}>
        <input placeholder="New item" value={title} onChange={event => setTitle(event.target.value)} />
        <button type="submit">Add</button>
      </form>
    </>
  );
}

function App() {
  const [user, setUser] = useState(undefined);
  useEffect(() => {
    api('GET', '/me').then(setUser);
  }, []);
  if (user === undefined) return <p>Loading</p>;
  return user === null ? <Login onUser={setUser} /> : <List user={user} onEnd={() => setUser(null)} />;
}

createRoot(document.getElementById('root')).render(<App />);
