import { servePlain } from '../hosts/plain/serve.ts';
import { save, signIn } from '../hosts/plain/session.ts';

servePlain({
  async signIn(request, user) {
    // The login keeps the cart from the session before it.
    const { cart } = request.session;
    await signIn(request, user);
    if (cart === undefined) return;
    request.session.cart = cart;
    await save(request);
  },
  async signOut(request) {
    delete request.session.user;
    await save(request);
  },
});
