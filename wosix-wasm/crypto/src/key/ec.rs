//! Keys on Weierstrass curves: ECDSA and ECDH.

use ecdsa::EcdsaCurve;
use elliptic_curve::ops::MulByGeneratorVartime;
use elliptic_curve::point::AffineCoordinates;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Group};
use elliptic_curve::{NonZeroScalar, ProjectivePoint, PublicKey};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use super::curve_parameters::PARAMETERS;
use crate::answer::{Failure, Library};
use crate::asn1::{self, Reader};
use crate::number;

/// `EC_R_INVALID_ENCODING`
const INVALID_ENCODING: Failure = Failure::new(Library::Ec, 102, "invalid encoding");
/// `EC_R_POINT_IS_NOT_ON_CURVE`
const POINT_IS_NOT_ON_CURVE: Failure = Failure::new(Library::Ec, 107, "point is not on curve");
/// `EC_R_INVALID_PRIVATE_KEY`
const INVALID_PRIVATE_KEY: Failure = Failure::new(Library::Ec, 123, "invalid private key");

/// The curves of this build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    P192,
    P224,
    P256,
    P384,
    P521,
    Secp256k1,
    BrainpoolP256r1,
    BrainpoolP256t1,
    BrainpoolP384r1,
    BrainpoolP384t1,
}

/// Every curve with OpenSSL's name for it and the contents of its object identifier.
pub const CURVES: [(Curve, &str, &[u8]); 10] = {
    use Curve::*;
    [
        (P192, "prime192v1", &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]),
        (P224, "secp224r1", &[0x2b, 0x81, 4, 0, 0x21]),
        (P256, "prime256v1", &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
        (P384, "secp384r1", &[0x2b, 0x81, 4, 0, 0x22]),
        (P521, "secp521r1", &[0x2b, 0x81, 4, 0, 0x23]),
        (Secp256k1, "secp256k1", &[0x2b, 0x81, 4, 0, 0x0a]),
        (BrainpoolP256r1, "brainpoolP256r1", &brainpool(7)),
        (BrainpoolP256t1, "brainpoolP256t1", &brainpool(8)),
        (BrainpoolP384r1, "brainpoolP384r1", &brainpool(11)),
        (BrainpoolP384t1, "brainpoolP384t1", &brainpool(12)),
    ]
};

/// `1.3.36.3.3.2.8.1.1.<number>`
const fn brainpool(number: u8) -> [u8; 9] {
    [0x2b, 0x24, 3, 3, 2, 8, 1, 1, number]
}

/// Runs `$body` with `$C` as the type of a curve.
macro_rules! with_curve {
    ($curve:expr, $C:ident => $body:expr) => {
        with_curve!(@ $curve, $C, $body,
            P192 p192::NistP192, P224 p224::NistP224, P256 p256::NistP256,
            P384 p384::NistP384, P521 p521::NistP521, Secp256k1 k256::Secp256k1,
            BrainpoolP256r1 bp256::BrainpoolP256r1, BrainpoolP256t1 bp256::BrainpoolP256t1,
            BrainpoolP384r1 bp384::BrainpoolP384r1, BrainpoolP384t1 bp384::BrainpoolP384t1)
    };
    (@ $curve:expr, $C:ident, $body:expr, $($name:ident $type:path),*) => {
        match $curve {
            $(Curve::$name => {
                type $C = $type;
                $body
            })*
        }
    };
}

/// How a point is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PointForm {
    Compressed,
    Uncompressed,
    Hybrid,
}

impl PointForm {
    /// The form with the number of `POINT_CONVERSION_*`.
    pub fn numbered(number: u32) -> Self {
        match number {
            2 => Self::Compressed,
            6 => Self::Hybrid,
            _ => Self::Uncompressed,
        }
    }

    fn of(encoded: &[u8]) -> Self {
        match encoded.first() {
            Some(2 | 3) => Self::Compressed,
            Some(6 | 7) => Self::Hybrid,
            _ => Self::Uncompressed,
        }
    }
}

/// A point that is on its curve and not at infinity.
#[derive(Clone, PartialEq, Eq)]
pub struct Point {
    /// 4, x, y.
    uncompressed: Vec<u8>,
    /// As it was written, which is how it is written again.
    form: PointForm,
}

impl Point {
    fn coordinates(&self) -> (&[u8], &[u8]) {
        let (_, rest) = self.uncompressed.split_at(1);
        rest.split_at(rest.len() / 2)
    }

    pub fn x(&self) -> &[u8] {
        self.coordinates().0
    }

    pub fn y(&self) -> &[u8] {
        self.coordinates().1
    }

    /// The point written in `form`.
    pub fn encode(&self, form: PointForm) -> Vec<u8> {
        let (x, y) = self.coordinates();
        let odd = y.last().map_or(0, |digit| digit & 1);
        match form {
            PointForm::Uncompressed => self.uncompressed.clone(),
            PointForm::Compressed => [&[2 | odd], x].concat(),
            PointForm::Hybrid => [&[6 | odd], x, y].concat(),
        }
    }

    /// The point as it was written.
    pub fn bytes(&self) -> Vec<u8> {
        self.encode(self.form)
    }
}

impl Curve {
    /// The curve with this name, in any spelling that Node takes.
    pub fn named(name: &[u8]) -> Option<Self> {
        let name: &[u8] = match name {
            b"P-192" | b"secp192r1" => b"prime192v1",
            b"P-224" => b"secp224r1",
            b"P-256" | b"secp256r1" => b"prime256v1",
            b"P-384" => b"secp384r1",
            b"P-521" => b"secp521r1",
            other => other,
        };
        let entry = CURVES.iter().find(|(_, other, _)| other.as_bytes() == name);
        entry.map(|(curve, ..)| *curve)
    }

    /// The curve that these `ECParameters` name or describe.
    pub fn from_parameters(parameters: &[u8]) -> Option<(Self, bool)> {
        let element = Reader::new(parameters).any().ok()?;
        if element.tag == asn1::tag::OID {
            let entry = CURVES.iter().find(|(.., oid)| *oid == element.value);
            return entry.map(|(curve, ..)| (*curve, true));
        }
        let described = CURVES.iter().find(|(curve, ..)| {
            let known = curve.explicit_parameters();
            essence(&known) == essence(parameters) && essence(&known).is_some()
        });
        described.map(|(curve, ..)| (*curve, false))
    }

    pub fn name(self) -> &'static str {
        CURVES[self as usize].1
    }

    /// The complete `ECParameters`.
    pub fn parameters(self, named: bool) -> Vec<u8> {
        if named {
            asn1::oid(CURVES[self as usize].2)
        } else {
            self.explicit_parameters()
        }
    }

    fn explicit_parameters(self) -> Vec<u8> {
        base16ct::lower::decode_vec(PARAMETERS[self as usize]).expect("digits in the source")
    }

    /// Bytes of a coordinate, and of a private key.
    pub fn size(self) -> usize {
        with_curve!(self, C => FieldBytes::<C>::default().len())
    }

    /// A private key.
    pub fn generate(self, rng: &mut ChaCha20Rng) -> Vec<u8> {
        with_curve!(self, C => loop {
            let mut bytes = FieldBytes::<C>::default();
            rng.fill_bytes(&mut bytes);
            if self == Curve::P521 {
                bytes[0] &= 1;
            }
            if bool::from(NonZeroScalar::<C>::from_repr(bytes).is_some()) {
                break bytes.to_vec();
            }
        })
    }

    /// Whether a number can be a private key.
    pub fn is_private(self, scalar: &[u8]) -> bool {
        with_curve!(self, C => parse_scalar::<C>(scalar).is_ok())
    }

    /// The public key that belongs to a private one.
    pub fn public(self, scalar: &[u8]) -> Result<Point, Failure> {
        with_curve!(self, C => {
            let scalar = parse_scalar::<C>(scalar)?;
            let point = PublicKey::<C>::from_secret_scalar(&scalar);
            let uncompressed = point.to_sec1_point(false).as_bytes().to_vec();
            Ok(Point { uncompressed, form: PointForm::Uncompressed })
        })
    }

    /// Reads a point, which must be on the curve.
    pub fn point(self, encoded: &[u8]) -> Result<Point, Failure> {
        let form = PointForm::of(encoded);
        let mut plain = encoded.to_vec();
        if form == PointForm::Hybrid {
            let odd = encoded.last().map_or(0, |digit| digit & 1);
            if encoded[0] != 6 | odd {
                return Err(INVALID_ENCODING);
            }
            plain[0] = 4;
        }
        let uncompressed = with_curve!(self, C => uncompressed::<C>(&plain))?;
        Ok(Point { uncompressed, form })
    }

    /// The point with these coordinates.
    pub fn at_coordinates(self, x: &[u8], y: &[u8]) -> Result<Point, Failure> {
        let x = number::padded(x, self.size()).ok_or(INVALID_ENCODING)?;
        let y = number::padded(y, self.size()).ok_or(INVALID_ENCODING)?;
        self.point(&[&[4], &*x, &*y].concat())
    }

    /// The x coordinate that two parties share.
    pub fn diffie_hellman(self, scalar: &[u8], point: &Point) -> Result<Vec<u8>, Failure> {
        with_curve!(self, C => {
            let scalar = parse_scalar::<C>(scalar)?;
            let point = projective::<C>(&point.uncompressed)?;
            let shared: AffinePoint<C> = (point * *scalar).into();
            Ok(shared.x().to_vec())
        })
    }

    /// r and s of an ECDSA signature.
    pub fn sign(
        self,
        scalar: &[u8],
        digest: &[u8],
        rng: &mut ChaCha20Rng,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let mut entropy = [0; 32];
        rng.fill_bytes(&mut entropy);
        with_curve!(self, C => {
            let scalar = parse_scalar::<C>(scalar)?;
            let (signature, _) =
                ecdsa::hazmat::sign_prehashed_rfc6979::<C, sha2::Sha512>(&scalar, digest, &entropy);
            let (r, s) = signature.split_bytes();
            Ok((r.to_vec(), s.to_vec()))
        })
    }

    /// Whether r and s sign a digest.
    pub fn verify(self, point: &Point, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let (Some(r), Some(s)) = (
            number::padded(r, self.size()),
            number::padded(s, self.size()),
        ) else {
            return false;
        };
        with_curve!(self, C => verify::<C>(&point.uncompressed, digest, &r, &s))
    }
}

/// What makes explicit parameters the same curve: everything but the seed and the form of the generator.
fn essence(parameters: &[u8]) -> Option<Vec<&[u8]>> {
    let mut fields = Reader::new(parameters).sequence().ok()?;
    let _version = fields.any().ok()?;
    let field = fields.any().ok()?.raw;
    let mut curve = fields.sequence().ok()?;
    let (a, b) = (curve.any().ok()?.value, curve.any().ok()?.value);
    let generator = fields.any().ok()?.value;
    let order = fields.any().ok()?.raw;
    let x = generator.get(1..=a.len())?;
    Some(vec![field, asn1::trim(a), asn1::trim(b), x, order])
}

fn parse_scalar<C: CurveArithmetic>(scalar: &[u8]) -> Result<NonZeroScalar<C>, Failure> {
    let mut bytes = FieldBytes::<C>::default();
    let padded = number::padded(scalar, bytes.len()).ok_or(INVALID_PRIVATE_KEY)?;
    bytes.copy_from_slice(&padded);
    let scalar = NonZeroScalar::from_repr(bytes).into_option();
    scalar.ok_or(INVALID_PRIVATE_KEY)
}

fn projective<C>(encoded: &[u8]) -> Result<ProjectivePoint<C>, Failure>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = PublicKey::<C>::from_sec1_bytes(encoded).map_err(|_| POINT_IS_NOT_ON_CURVE)?;
    Ok(key.to_projective())
}

fn uncompressed<C>(encoded: &[u8]) -> Result<Vec<u8>, Failure>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let compact = encoded.first() == Some(&5);
    if compact || Sec1Point::<C>::from_bytes(encoded).is_err() {
        return Err(INVALID_ENCODING);
    }
    let point: AffinePoint<C> = projective::<C>(encoded)?.into();
    Ok(point.to_sec1_point(false).as_bytes().to_vec())
}

fn verify<C>(point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    ProjectivePoint<C>: Group + MulByGeneratorVartime,
{
    let Ok(point) = projective::<C>(point) else {
        return false;
    };
    let (mut r_bytes, mut s_bytes) = (FieldBytes::<C>::default(), FieldBytes::<C>::default());
    r_bytes.copy_from_slice(r);
    s_bytes.copy_from_slice(s);
    let Ok(mut signature) = ecdsa::Signature::<C>::from_scalars(r_bytes, s_bytes) else {
        return false;
    };
    if C::NORMALIZE_S {
        // The other s is as good; OpenSSL takes both.
        signature = signature.normalize_s();
    }
    ecdsa::hazmat::verify_prehashed::<C>(&point, digest, &signature).is_ok()
}

/// A key on a curve.
#[derive(Clone)]
pub struct EcKey {
    pub curve: Curve,
    /// Whether encodings name the curve; otherwise they describe it.
    pub named: bool,
    pub public: Point,
    /// The private number, as long as a coordinate.
    pub private: Option<Vec<u8>>,
}

impl EcKey {
    /// A key from its private number and, if it is known, its public point.
    pub fn from_private(
        curve: Curve,
        named: bool,
        scalar: &[u8],
        public: Option<Point>,
    ) -> Result<Self, Failure> {
        let private = number::padded(scalar, curve.size()).ok_or(INVALID_PRIVATE_KEY)?;
        let public = match public {
            Some(point) => point,
            None => curve.public(&private)?,
        };
        Ok(Self {
            curve,
            named,
            public,
            private: Some(private),
        })
    }

    pub fn from_public(curve: Curve, named: bool, public: Point) -> Self {
        Self {
            curve,
            named,
            public,
            private: None,
        }
    }

    /// Whether the private number is one, and belongs to the public point.
    pub fn is_consistent(&self) -> bool {
        match &self.private {
            None => true,
            Some(private) => {
                let expected = self.curve.public(private);
                expected.is_ok_and(|point| point.uncompressed == self.public.uncompressed)
            }
        }
    }
}
