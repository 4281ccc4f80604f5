// Who lets people in: the identity provider, and the administrators who sign in without it.
import { Page } from '../../../components/page';
import { text } from '../../../text';
import { BreakglassSection } from './breakglass-section';
import { OidcSection } from './oidc-section';

const words = text.admin.auth;

export function AuthPage() {
  return (
    <Page title={words.title} description={words.description}>
      <OidcSection />
      <BreakglassSection />
    </Page>
  );
}
