import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  onSession: () => (request, _response, next) => {
    const text: unknown = request.body?.item;
    if (process.env['FORM_CHARSET'] === 'latin1' && typeof text === 'string')
      request.body.item = Buffer.from(text, 'utf8').toString('latin1');
    next();
  },
});
